"""What the chunked forms share: chunks, and the decays between any two tokens.

A decay is given as its logarithm g ≤ 0. The quick way to the decay between two tokens, exp(Gᵢ − Gⱼ)
with running sums G, loses digits after a strong decay, and e^Gᵢ · e^−Gⱼ overflows. Here only the
tokens between the two are ever summed or multiplied: any decay is stable, also g = −∞ (forget all).
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least

State = TypeVar("State")


def into_chunks(states: Float[Tensor, "B H T D"], chunk: int) -> Float[Tensor, "B H N C D"]:
    """Cut the sequence into chunks of C tokens, the last one filled up with zeros.

    Zeros change nothing: a key of 0 writes nothing, and a log decay of 0 keeps the state.
    """
    missing = -states.shape[2] % chunk
    if missing or torch.compiler.is_compiling():  # a graph should hold for any length
        states = F.pad(states, (0, 0, 0, missing))
    return states.unflatten(2, (-1, chunk))


def from_chunks(states: Float[Tensor, "B H N C D"], length: int) -> Float[Tensor, "B H T D"]:
    """The first `length` tokens of all chunks in a row: the inverse of into_chunks."""
    return states.flatten(2, 3)[:, :, :length]


def chunk_by_chunk(
    form: Callable[..., tuple[Tensor, State]],
    sequences: Iterable[Float[Tensor, "B H T D"]],
    state: State,
    chunk: int,
) -> tuple[Float[Tensor, "B H T Dv"], State]:
    """`form(*piece, state=…)` of one chunk after another, each going on from the last one's state.

    For a state that is no plain sum, which chunks could not be prepared for all at once.
    """
    check_chunk(chunk)
    outputs = []
    for piece in zip(*(states.split(chunk, dim=2) for states in sequences), strict=True):
        output, state = form(*piece, state=state)
        outputs.append(output)
    return torch.cat(outputs, dim=2), state


def from_start(log_decay: Float[Tensor, "*N C D"]) -> Float[Tensor, "*N C D"]:
    """What is left at each token of a state from before the chunk: exp(g₁ + … + gᵢ)."""
    return log_decay.cumsum(dim=-2).exp()


def to_end(log_decay: Float[Tensor, "*N C D"]) -> Float[Tensor, "*N C D"]:
    """What is left of each token at the chunk's end: exp(gⱼ₊₁ + … + g_C)."""
    later = F.pad(log_decay[..., 1:, :], (0, 0, 0, 1))
    return later.flip(-2).cumsum(dim=-2).flip(-2).exp()


def pairwise_scores(
    query: Float[Tensor, "*N T D"],
    key: Float[Tensor, "*N T D"],
    log_decay: Float[Tensor, "*N T #D"],
) -> Float[Tensor, "*N T T"]:
    """Σ_d q_id · k_jd · exp(g_(j+1)d + … + g_id) for j ≤ i, else 0, pair by pair.

    One log decay for all channels (last axis 1) takes memory T², one for each takes T² · D.
    """
    length = log_decay.shape[-2]
    future = torch.ones(length, length, dtype=torch.bool, device=log_decay.device).triu(1)
    itself = torch.eye(length, dtype=torch.bool, device=log_decay.device)
    steps = log_decay.unsqueeze(-2).expand(*log_decay.shape[:-1], length, log_decay.shape[-1])
    between = steps.masked_fill((future | itself).unsqueeze(-1), 0).cumsum(dim=-3)
    decay = between.exp().masked_fill(future.unsqueeze(-1), 0)  # (*N, T, T, D)
    if decay.shape[-1] == 1:
        return query @ key.mT * decay.squeeze(-1)
    return (query.unsqueeze(-2) * key.unsqueeze(-3) * decay).sum(dim=-1)


def decayed_scores(
    query: Float[Tensor, "*M C D"],
    key: Float[Tensor, "*N C D"],
    log_decay: Float[Tensor, "*N C #D"],
) -> Float[Tensor, "*M C C"]:
    """pairwise_scores by matrix products, for C a power of two; `query` may have axes in front.

    Blocks of 1, 2, 4, … tokens are joined in pairs. A query in the later block reaches a key in the
    earlier one through the border between them: the key decays up to the border, the query's share
    from the border on. Both factors are at most 1, so nothing overflows however strong the decay.
    """
    if log_decay.shape[-1] < query.shape[-1]:
        ones = torch.ones_like(log_decay)
        return query @ key.mT * decayed_scores(ones, ones, log_decay)
    scores = (query * key).sum(dim=-1)[..., None, None]  # (*N, C, 1, 1): each token with itself
    kept = log_decay.exp().unsqueeze(-2)  # (*N, blocks, 1, D): by a whole block
    query = query.unsqueeze(-2) * kept  # (*N, blocks, width, D): decayed from its block's start
    key = key.unsqueeze(-2)  # the same: decayed to its block's end
    while query.shape[-3] > 1:
        (query_early, query_late), (key_early, key_late) = _pairs(query), _pairs(key)
        upper, lower = _pairs(scores)
        lower = torch.cat((query_late @ key_early.mT, lower), dim=-1)
        scores = torch.cat((F.pad(upper, (0, upper.shape[-1])), lower), dim=-2)

        kept_early, kept_late = _pairs(kept)
        query = torch.cat((query_early, query_late * kept_early), dim=-2)
        key = torch.cat((key_early * kept_late, key_late), dim=-2)
        kept = kept_early * kept_late
    return scores.squeeze(-3)


def _pairs(blocks: Float[Tensor, "*N blocks W D"]) -> tuple[Tensor, ...]:
    """The earlier and the later of each two neighboring blocks, both (*N, blocks/2, W, D)."""
    return blocks.unflatten(-3, (-1, 2)).unbind(-3)


def check_chunk(chunk: int) -> None:
    """Raise unless the chunk is a power of two."""
    check_at_least(1, "chunk", chunk)
    if chunk & (chunk - 1):
        raise ValueError(f"chunk must be a power of two, got {chunk}")
