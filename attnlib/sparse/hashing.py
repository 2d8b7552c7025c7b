"""Reformer: attention among tokens that a locality-sensitive hash throws together
(Kitaev et al., 2020).

    h(x) = argmax [x·R ; −x·R]        near vectors often get the same of n buckets

Tokens are sorted by bucket and cut into chunks; each sees those of its own bucket in its own chunk
and in the one before. Several rounds, each with an R of its own, see the union. Query and key are
one: the key is the query divided by its length.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Real
from torch import Tensor

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.checks import check_at_least, checked
from attnlib.masks import Dense, Mask
from attnlib.positions._visible import visible
from attnlib.precision import at_least_float32
from attnlib.scores import dot


@checked
def hashed_attention(
    query: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    rotations: Real[Tensor, "*#H D rounds n/2"],
    *,
    chunk: int,
    causal: bool = True,
    mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
) -> Attended:
    """softmax over the selected j of q_i · q_j/‖q_j‖, times V                   (section 2)

    The `.mask` of what it returns is the selection. With `chunk` ≥ T and all in one bucket it is
    attention to all but oneself. As the paper's formulas and public code have it, the score is not
    divided by √D. Where the chunks fall depends on every token's bucket: even the causal form lets
    a later token change which earlier ones an earlier query reaches.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    query, _ = _without_hidden(query, mask)
    selection = select(query, rotations, chunk=chunk, causal=causal, mask=mask)
    return attention(query, F.normalize(query, dim=-1), value, mask=selection, score=dot)


@checked
def select(
    query: Float[Tensor, "B H T D"],
    rotations: Real[Tensor, "*#H D rounds n/2"],
    *,
    chunk: int,
    causal: bool = True,
    mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
) -> Dense:
    """Who sees whom: same bucket, and same or next-earlier chunk, in any round.

    A chunk is `chunk` tokens in the order of (bucket, position). Nobody sees itself, for a vector
    fits itself best, except who would see nobody (section 2, causal masking). A token that a
    further `mask` hides from all queries is in no bucket: it takes no one's place in a chunk, and
    sees nothing, so that padding changes nothing.
    """
    return _selected(_buckets(query, rotations, mask), query, chunk, causal, mask)


@checked
def hash_buckets(
    states: Float[Tensor, "B H T D"], rotations: Real[Tensor, "*#H D rounds n/2"]
) -> Int[Tensor, "B H rounds T"]:
    """h(x) = argmax [x·R ; −x·R], from 0 to n − 1, in each round (section 2).

    `rotations` are normal numbers, (D, rounds, n/2) for all heads or (H, D, rounds, n/2).
    """
    if 0 in rotations.shape[-2:]:
        raise ValueError(f"rotations must have a round and a bucket, got {tuple(rotations.shape)}")
    wide = at_least_float32(states.detach())
    turned = (wide @ rotations.to(wide).flatten(-2)).unflatten(-1, rotations.shape[-2:])
    return torch.cat((turned, -turned), dim=-1).argmax(dim=-1).mT


def _buckets(
    query: Tensor, rotations: Tensor, mask: Mask | Tensor | None
) -> Int[Tensor, "B H rounds T"]:
    """Every token's bucket; of hidden tokens n, which sorts behind all and is no bucket."""
    query, seen = _without_hidden(query, mask)
    buckets = hash_buckets(query, rotations)
    if seen is None:
        return buckets
    return buckets.masked_fill(~seen.squeeze(-1).unsqueeze(2), 2 * rotations.shape[-1])


def _selected(
    buckets: Int[Tensor, "B H rounds T"],
    query: Float[Tensor, "B H T D"],
    chunk: int,
    causal: bool,
    mask: Mask | Tensor | None,
) -> Dense:
    check_at_least(1, "chunk", chunk)
    chunks = buckets.argsort(dim=-1, stable=True).argsort(dim=-1) // chunk  # in the sorted order
    back = chunks.unsqueeze(-1) - chunks.unsqueeze(-2)
    same = buckets.unsqueeze(-1) == buckets.unsqueeze(-2)
    seen = (same & ((back == 0) | (back == 1))).any(dim=2)
    if causal:
        seen = seen.tril()
    itself = torch.eye(seen.shape[-1], dtype=torch.bool, device=seen.device)
    if mask is not None:
        allowed = visible(mask, query, query.shape[2])
        seen, itself = seen & allowed, itself & allowed
    others = seen & ~torch.eye(seen.shape[-1], dtype=torch.bool, device=seen.device)
    alone = ~others.any(dim=-1, keepdim=True)
    return Dense(others | (itself & alone))


def _without_hidden(
    query: Float[Tensor, "B H T D"], mask: Mask | Tensor | None
) -> tuple[Float[Tensor, "B H T D"], Bool[Tensor, "#B #H T 1"] | None]:
    """Zeros for the tokens that no query may see; and which ones some query may."""
    if mask is None:
        return query, None
    seen = visible(mask, query, query.shape[2]).any(dim=-2).unsqueeze(-1)
    return query.masked_fill(~seen, 0), seen
