"""State space duality, the core of Mamba-2: a selective recurrence that is masked attention
(Dao & Gu, 2024).

h_t = exp(Δ_t A) h_{t−1} + Δ_t B_t x_tᵀ,   y_t = C_tᵀ h_t

Here C is `query`, B is `key`, x is `value`; the `step` Δ_t > 0 comes from the token, the `rate`
A < 0 belongs to the head. A token with a large step is written strongly and wipes out the past; one
with a step of 0 is skipped. Convolution, skip D·x, gate and norm belong to the block around it.
Heads that share B and C (a group) repeat them before the call: `attnlib.attention.repeat_heads`.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.linear import gated_linear
from attnlib.linear._chunks import (
    check_gate,
    check_sequence,
    pairwise_scores,
    start_from,
    to_end,
)
from attnlib.precision import at_least_float32


def recurrent(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    step: Float[Tensor, "B H T"],
    rate: Float[Tensor, " H"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """h ← exp(ΔA) h + B (Δx)ᵀ, token by token: the linear form.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    state, sequences = _prepare(query, key, value, step, rate, state)
    outputs = []
    for q, k, v, g in zip(*(x.unbind(2) for x in sequences), strict=True):
        state = g.exp().unsqueeze(-1) * state + k.unsqueeze(-1) * v.unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


def parallel(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    step: Float[Tensor, "B H T"],
    rate: Float[Tensor, " H"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """(L ⊙ CBᵀ)(Δx) with L_ij = exp(Δ_(j+1)A + … + Δ_iA) for j ≤ i: the quadratic form."""
    state, (q, k, v, g) = _prepare(query, key, value, step, rate, state)
    kept = g.cumsum(dim=2).exp()
    output = pairwise_scores(q, k, g) @ v + (q * kept) @ state
    state = kept[:, :, -1:] * state + (k * to_end(g)).mT @ v
    return output.to(value.dtype), state


def chunked(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    step: Float[Tensor, "B H T"],
    rate: Float[Tensor, " H"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Gated linear attention with the gate exp(ΔA) and the values Δx (section 6)."""
    state, (q, k, v, g) = _prepare(query, key, value, step, rate, state)
    output, state = gated_linear.chunked(q, k, v, g, state=state, chunk=chunk)
    return output.to(value.dtype), state


def _prepare(
    query: Tensor, key: Tensor, value: Tensor, step: Tensor, rate: Tensor, state: Tensor | None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    check_sequence(query, key, value)
    check_gate("step", step, tuple(query.shape[:3]), query)
    check_gate("rate", rate, (query.shape[1],), query)
    q, k, v = (at_least_float32(x) for x in (query, key, value))
    step, rate = step.to(q.dtype).unsqueeze(-1), rate.to(q.dtype)[:, None, None]
    return start_from(state, key, value), (q, k, v * step, step * rate)
