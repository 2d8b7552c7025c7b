"""Kimi delta attention: the delta rule with a gate for every channel (Kimi Team, 2025).

S' = Diag(α_t) S_{t−1},   S_t = S' + β_t k_t (v_t − S'ᵀk_t)ᵀ,   output_t = S_tᵀ q_t     (section 3)

Forget a little, look up what is stored under k_t, and write the correction: not the value, but its
difference from what is there already. `log_decay` is log α_t ≤ 0, (B, H, T, D), or (B, H, T) for
one per head; `write` is β_t, from 0 (leave) over 1 (replace) to 2 (reflect). Keys should have
length 1 (F.normalize): with β‖k‖² above 2 the state grows without bound.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import _delta_rule
from attnlib.linear._chunks import check_chunk
from attnlib.linear._inputs import gate, one_sequence, start_from
from attnlib.precision import no_autocast


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Forget, look up, correct: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay, write)
    state = start_from(state, *sequences[1:3])
    outputs = []
    with no_autocast(state):
        for q, k, v, g, beta in zip(*(x.unbind(2) for x in sequences), strict=True):
            state = g.exp().unsqueeze(-1) * state
            stored = (k.unsqueeze(-2) @ state).squeeze(-2)
            state = state + k.unsqueeze(-1) * (beta * (v - stored)).unsqueeze(-2)
            outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """The triangular system over the whole sequence: time T³, memory T² · D."""
    q, k, v, g, beta = _sequences(query, key, value, log_decay, write)
    state = start_from(state, k, v)
    output, state = _delta_rule.parallel(q, k, beta * v, beta * k, g, state=state)
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk, the recurrence from chunk to chunk."""
    check_chunk(chunk)
    q, k, v, g, beta = _sequences(query, key, value, log_decay, write)
    state = start_from(state, k, v)
    output, state = _delta_rule.chunked(q, k, beta * v, beta * k, g, state=state, chunk=chunk)
    return output.to(value.dtype), state


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, write: Tensor
) -> tuple[Tensor, ...]:
    log_decay = gate("log_decay", log_decay, key, per_channel=True)
    write = gate("write", write, key)
    return one_sequence(query=query, key=key, value=value, log_decay=log_decay, write=write)
