"""DeltaNet: write the correction, not the value (Schlag et al., 2021; Yang et al., 2024).

S_t = S_{t−1} + β_t k_t (v_t − S_{t−1}ᵀ k_t)ᵀ,   output_t = S_tᵀ q_t

The state is a memory from keys to values, and S_{t−1}ᵀk_t is what it answers to k_t now. Linear
attention adds v_t on top of that; the delta rule replaces it (one step of gradient descent on
‖Sᵀk_t − v_t‖²/2 with the step size β_t). `write` is β_t, from 0 (leave) to 1 (replace). Keys should
have length 1 (F.normalize): with β‖k‖² above 2 the state grows without bound.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.linear import kimi_delta
from attnlib.linear._chunks import check_gate, check_sequence, start_from
from attnlib.precision import at_least_float32


def recurrent(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    write: Float[Tensor, "B H T"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Look up, correct: token by token.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_sequence(query, key, value)
    check_gate("write", write, tuple(key.shape[:3]), query)
    state = start_from(state, key, value)
    beta = write.to(state).unsqueeze(-1)
    sequences = (*(at_least_float32(x) for x in (query, key, value)), beta)
    outputs = []
    for q, k, v, beta in zip(*(x.unbind(2) for x in sequences), strict=True):
        stored = (k.unsqueeze(-2) @ state).squeeze(-2)
        state = state + k.unsqueeze(-1) * (beta * (v - stored)).unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


def parallel(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    write: Float[Tensor, "B H T"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """(QKᵀ where j ≤ i) (I + Diag(β) KKᵀ where j < i)⁻¹ Diag(β) V: time T³, memory T²."""
    check_sequence(query, key, value)
    return kimi_delta.parallel(query, key, value, _keep_all(key), write, state=state)


def chunked(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    write: Float[Tensor, "B H T"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system a chunk, the recurrence between: gated, with nothing forgotten."""
    check_sequence(query, key, value)
    return kimi_delta.chunked(query, key, value, _keep_all(key), write, state=state, chunk=chunk)


def _keep_all(key: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H T 1"]:
    return torch.zeros_like(key[..., :1])
