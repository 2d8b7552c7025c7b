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
from attnlib.masks import Dense, Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.precision import at_least_float32
from attnlib.scores import dot
from attnlib.sparse._hashed import Hashed, hidden_last, without_hidden


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
    query, _ = without_hidden(query, mask)
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
    check_at_least(1, "chunk", chunk)
    query, seen = without_hidden(query, mask)
    buckets = hidden_last(hash_buckets(query, rotations), seen)
    hashed = Hashed(buckets, chunk, causal, as_mask(mask))
    return Dense(lay(hashed, query, query))


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
