"""T5's relative bias: one learned number for each bucket of distances (Raffel et al., 2020)."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.positions._distances import distances


class BucketedBias(nn.Module):
    """bias = table[bucket(i − j), h]: near distances apart, far ones together.

    (Raffel et al., 2020, section 2.1: 32 buckets, growing logarithmically up to a distance of 128,
    shared by all layers.) T5 does not scale its dot product: use it with `score=scores.dot`.

    - `heads`: H. `buckets`: how many. `longest`: from here on all distances share the last bucket.
    - `causal`: whether all buckets serve keys before the query (a decoder); else half of them.

    Raises ValueError when `buckets` do not suffice or `longest` is within the exact ones.
    """

    def __init__(
        self, heads: int, *, buckets: int = 32, longest: int = 128, causal: bool = False
    ) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        _check_buckets(buckets, longest, causal)
        self.longest = longest
        self.causal = causal
        self.table = nn.Parameter(torch.empty(buckets, heads))
        nn.init.normal_(self.table, std=0.02)

    def forward(self, query_length: int, key_length: int) -> Float[Tensor, "1 H Tq Tk"]:
        away = distances(query_length, key_length, device=self.table.device)
        index = bucket(away, self.table.shape[0], longest=self.longest, causal=self.causal)
        return self.table[index].permute(2, 0, 1).unsqueeze(0)


@checked
def bucket(
    distance: Int[Tensor, "*N"], buckets: int, *, longest: int, causal: bool
) -> Int[Tensor, "*N"]:
    """The number of the bucket of a distance i − j.

    Of the n buckets of one direction the first n/2 hold one distance each; bucket
    n/2 + ⌊n/2 · log(2·distance/n) / log(2·longest/n)⌋, at most n − 1, holds the rest.
    Causal: keys after the query share bucket 0 with the query itself. Else the second half of the
    buckets is for keys after the query.
    """
    _check_buckets(buckets, longest, causal)
    if causal:
        return _one_way(distance.clamp(min=0), buckets, longest)
    half = buckets // 2
    return _one_way(distance.abs(), half, longest) + half * (distance < 0)


def _one_way(distance: Int[Tensor, "*N"], buckets: int, longest: int) -> Int[Tensor, "*N"]:
    exact = buckets // 2
    far = distance.clamp(min=exact).double() / exact
    fraction = far.log() / math.log(longest / exact)
    bins = exact + (fraction * (buckets - exact)).long()
    return torch.where(distance < exact, distance, bins.clamp(max=buckets - 1))


def _check_buckets(buckets: int, longest: int, causal: bool) -> None:
    """Raise unless some buckets are for one distance each, others for more, up to `longest`."""
    least = 2 if causal else 4
    if buckets < least or buckets % least:
        raise ValueError(f"buckets must be a multiple of {least}, got {buckets}")
    if longest <= buckets // least:
        raise ValueError(f"longest must be above {buckets // least}, got {longest}")
