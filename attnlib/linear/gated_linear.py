"""Gated linear attention: every channel of the key forgets at its own pace (Yang et al., 2023).

S_t = Diag(α_t) S_{t−1} + k_t v_tᵀ,   output_t = S_tᵀ q_t            (section 4)

`log_decay` is log α_t ≤ 0, made from the token: (B, H, T, D), or (B, H, T) for one per head.
In the paper α_t = σ(W x_t)^{1/16}, so log_decay = logsigmoid(W x_t) / 16.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear._chunks import (
    check_chunk,
    decayed_scores,
    from_chunks,
    from_start,
    into_chunks,
    pairwise_scores,
    to_end,
)
from attnlib.linear._inputs import gate, one_sequence, start_from


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """S ← Diag(α) S + k vᵀ, token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay)
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
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """All pairs at once: weight_ij = Σ_d q_id k_jd α_(j+1)d ⋯ α_id for j ≤ i; memory T² · D.

    The paper's (Q ⊙ B)(K / B)ᵀ with B = Π α is the same, but K / B overflows.
    """
    q, k, v, g = _sequences(query, key, value, log_decay)
    state = start_from(state, k, v)
    output = pairwise_scores(q, k, g) @ v + (q * from_start(g)) @ state
    state = from_start(g)[..., -1:, :].mT * state + (k * to_end(g)).mT @ v
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Parallel inside chunks of a power of two, the recurrence from chunk to chunk."""
    check_chunk(chunk)
    sequences = _sequences(query, key, value, log_decay)
    state = start_from(state, *sequences[1:3])
    q, k, v, g = (into_chunks(x, chunk) for x in sequences)
    kept = from_start(g)  # (B, H, N, C, D)
    added = (k * to_end(g)).mT @ v  # (B, H, N, D, Dv)
    before = []
    for keep, add in zip(kept[..., -1:, :].mT.unbind(2), added.unbind(2), strict=True):
        before.append(state)
        state = keep * state + add
    output = decayed_scores(q, k, g) @ v + (q * kept) @ torch.stack(before, dim=2)
    return from_chunks(output, query.shape[2]).to(value.dtype), state


def _sequences(query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor) -> tuple[Tensor, ...]:
    log_decay = gate("log_decay", log_decay, key, per_channel=True)
    return one_sequence(query=query, key=key, value=value, log_decay=log_decay)
