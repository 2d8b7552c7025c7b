"""Reformer: attention among tokens that a locality-sensitive hash throws together
(Kitaev et al., 2020).

    h(x) = argmax [x·R ; −x·R]        near vectors often get the same of n buckets

Tokens are sorted by bucket and cut into chunks; each sees those of its own bucket in its own chunk
and in the one before. Several rounds, each with an R of its own, see the union. Query and key are
one: the key is the query divided by its length.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Real
from torch import Tensor

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.checks import check_at_least, check_inputs, check_integers, checked
from attnlib.masks import Dense
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
) -> Attended:
    """softmax over the selected j of q_i · q_j/‖q_j‖, times V                   (section 2)

    The `.mask` of what it returns is the selection. With `chunk` ≥ T and all in one bucket it is
    attention to all but oneself. As the paper's formulas and public code have it, the score is not
    divided by √D. Where the chunks fall depends on every token's bucket: even the causal form lets
    a later token change which earlier ones an earlier query reaches.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_inputs(query, query, value, None, 0.0)
    mask = selected(hash_buckets(query, rotations), chunk=chunk, causal=causal)
    return attention(query, F.normalize(query, dim=-1), value, mask=mask, score=dot)


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


@checked
def selected(buckets: Int[Tensor, "B H rounds T"], *, chunk: int, causal: bool = True) -> Dense:
    """Who sees whom: same bucket, and same or next-earlier chunk, in any round.

    A chunk is `chunk` tokens in the order of (bucket, position). Nobody sees itself, for a vector
    fits itself best, except who would see nobody (section 2, causal masking).
    """
    check_integers("buckets", buckets, dims=(4,))
    check_at_least(1, "chunk", chunk)
    seen = reached(buckets, chunk).any(dim=2)
    if causal:
        seen = seen.tril()
    itself = torch.eye(seen.shape[-1], dtype=torch.bool, device=seen.device)
    others = seen & ~itself
    alone = ~others.any(dim=-1, keepdim=True)
    return Dense(others | (itself & alone))


def reached(buckets: Int[Tensor, "B H rounds T"], chunk: int) -> Tensor:
    """(B, H, rounds, T, T), True where row and column share the bucket and the chunks are near."""
    place = buckets.argsort(dim=-1, stable=True).argsort(dim=-1)  # in the sorted order
    chunks = place // chunk
    back = chunks.unsqueeze(-1) - chunks.unsqueeze(-2)
    same = buckets.unsqueeze(-1) == buckets.unsqueeze(-2)
    return same & ((back == 0) | (back == 1))
