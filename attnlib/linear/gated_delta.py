"""Gated DeltaNet: forget everything a little, then correct one thing (Yang et al., 2025).

S' = α_t S_{t−1},   S_t = S' + β_t k_t (v_t − S'ᵀk_t)ᵀ,   output_t = S_tᵀ q_t     (section 3)

The gate clears the memory at once, which the delta rule alone can't; the delta rule replaces a
single entry, which a gate alone can't. `log_decay` is log α_t ≤ 0, one a head; `write` is β_t in
[0, 1]. Keys should have length 1 (F.normalize). Kimi delta attention gates each channel apart.
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
    log_decay: Float[Tensor, "B H T"],
    write: Float[Tensor, "B H T"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Forget, look up, correct: token by token.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_sequence(query, key, value)
    check_gate("log_decay", log_decay, tuple(key.shape[:3]), query)
    check_gate("write", write, tuple(key.shape[:3]), query)
    state = start_from(state, key, value)
    gates = (x.to(state).unsqueeze(-1) for x in (log_decay, write))
    sequences = (*(at_least_float32(x) for x in (query, key, value)), *gates)
    outputs = []
    for q, k, v, g, beta in zip(*(x.unbind(2) for x in sequences), strict=True):
        state = g.exp().unsqueeze(-1) * state
        stored = (k.unsqueeze(-2) @ state).squeeze(-2)
        state = state + k.unsqueeze(-1) * (beta * (v - stored)).unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


def parallel(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    log_decay: Float[Tensor, "B H T"],
    write: Float[Tensor, "B H T"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """(QKᵀ ⊙ Γ) (I + Diag(β) KKᵀ ⊙ Γ where j < i)⁻¹ Diag(β) V, Γ_ij = α_(j+1) ⋯ α_i for j ≤ i."""
    check_sequence(query, key, value)
    check_gate("log_decay", log_decay, tuple(key.shape[:3]), query)
    return kimi_delta.parallel(query, key, value, log_decay.unsqueeze(-1), write, state=state)


def chunked(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    log_decay: Float[Tensor, "B H T"],
    write: Float[Tensor, "B H T"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system a chunk, the recurrence from chunk to chunk."""
    check_sequence(query, key, value)
    check_gate("log_decay", log_decay, tuple(key.shape[:3]), query)
    gate = log_decay.unsqueeze(-1)
    return kimi_delta.chunked(query, key, value, gate, write, state=state, chunk=chunk)
