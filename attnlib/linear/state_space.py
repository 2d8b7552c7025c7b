"""State space duality, the core of Mamba-2: a selective recurrence that is masked attention
(Dao & Gu, 2024).

h_t = exp(Δ_t A) h_{t−1} + Δ_t B_t x_tᵀ,   y_t = C_tᵀ h_t

Here C is `query`, B is `key`, x is `value`. The `rate` −A ≥ 0, how fast it forgets, belongs to the
head; the `step` Δ_t ≥ 0 comes from the token. A token with a large step is written strongly and
wipes out the past; one with a step of 0 is skipped. Convolution, skip D·x, gate and norm belong to
the block around it. Heads that share B and C (a group) are given as fewer heads of query and key.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import gated_linear
from attnlib.linear._chunks import pairwise_scores, to_end
from attnlib.linear._inputs import check_range, gate, one_sequence, start_from


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    rate: Float[Tensor, " Hg"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """h ← exp(ΔA) h + B (Δx)ᵀ, token by token: the linear form.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, rate, step)
    state = start_from(state, *sequences[1:3])
    outputs = []
    for q, k, v, g in zip(*(x.unbind(2) for x in sequences), strict=True):
        state = g.exp().unsqueeze(-1) * state + k.unsqueeze(-1) * v.unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    rate: Float[Tensor, " Hg"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """(L ⊙ CBᵀ)(Δx) with L_ij = exp(Δ_(j+1)A + … + Δ_iA) for j ≤ i: the quadratic form."""
    q, k, v, g = _sequences(query, key, value, rate, step)
    state = start_from(state, k, v)
    kept = g.cumsum(dim=2).exp()
    output = pairwise_scores(q, k, g) @ v + (q * kept) @ state
    state = kept[:, :, -1:] * state + (k * to_end(g)).mT @ v
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    rate: Float[Tensor, " Hg"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Gated linear attention with the gate exp(ΔA) and the values Δx (section 6)."""
    q, k, v, g = _sequences(query, key, value, rate, step)
    output, state = gated_linear.chunked(q, k, v, g, state=state, chunk=chunk)
    return output.to(value.dtype), state


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, rate: Tensor, step: Tensor
) -> tuple[Tensor, ...]:
    """C, B, Δx and the log decay ΔA, all of equal heads."""
    check_range("rate", rate)
    q, k, v, rate, step = one_sequence(
        query=query,
        key=key,
        value=value,
        rate=rate[None, :, None, None],
        step=gate("step", step, key),
    )
    return q, k, v * step, -rate * step
