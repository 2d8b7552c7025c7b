"""DeltaNet: write the correction, not the value (Schlag et al., 2021; Yang et al., 2024).

S_t = S_{t−1} + β_t k_t (v_t − S_{t−1}ᵀ k_t)ᵀ,   output_t = S_tᵀ q_t

The state is a memory from keys to values, and S_{t−1}ᵀk_t is what it answers to k_t now. Linear
attention adds v_t on top of that; the delta rule replaces it (one step of gradient descent on
‖Sᵀk_t − v_t‖²/2 with the step size β_t). `write` is β_t, from 0 (leave) over 1 (replace) to 2
(reflect). Keys should have length 1 (F.normalize): with β‖k‖² above 2 the state grows without
bound.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import kimi_delta
from attnlib.linear._inputs import gate, one_sequence, start_from
from attnlib.precision import no_autocast


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Look up, correct: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = one_sequence(query=query, key=key, value=value, write=gate("write", write, key))
    state = start_from(state, *sequences[1:3])
    outputs = []
    with no_autocast(state):
        for q, k, v, beta in zip(*(x.unbind(2) for x in sequences), strict=True):
            stored = (k.unsqueeze(-2) @ state).squeeze(-2)
            state = state + k.unsqueeze(-1) * (beta * (v - stored)).unsqueeze(-2)
            outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """(QKᵀ where j ≤ i) (I + Diag(β) KKᵀ where j < i)⁻¹ Diag(β) V: time T³, memory T²."""
    return kimi_delta.parallel(query, key, value, _keep_all(key), write, state=state)


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk, the recurrence between: gated, with nothing forgotten."""
    return kimi_delta.chunked(query, key, value, _keep_all(key), write, state=state, chunk=chunk)


def _keep_all(key: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H T 1"]:
    return torch.zeros_like(key[..., :1])
