"""The softmax in one pass over the keys, and how results over parts of the keys become the whole.

    largest ← max(largest, sⱼ)
    total   ← total · e^(largest before − largest) + e^(sⱼ − largest)

(Milakov & Gimelshein, 2018, algorithm 3.) Nobody needs all scores at once: what was summed so far
is rescaled whenever a larger score comes. Tiles, splits and rings below all rest on this.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.precision import lowest


@checked
def online_softmax(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """exp(sᵢ) / Σⱼ exp(sⱼ), with maximum and sum found together, key after key.

    A normalizer for `attention(normalize=…)`, written to be read: one step a key is slow.
    """
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    total = scores.new_zeros(scores.shape[:-1])
    largest = torch.full_like(total, lowest(scores))
    for score in scores.unbind(-1):
        before, largest = largest, torch.maximum(largest, score)
        total = total * (before - largest).exp() + (score - largest).exp()
    total = total.masked_fill(total == 0, 1)  # a row with nothing allowed: 0 / 1
    return (scores - largest.unsqueeze(-1)).exp() / total.unsqueeze(-1)


class Partial(NamedTuple):
    """Attention over some of the keys, and how much those keys weigh against others."""

    output: Float[Tensor, "B H Tq Dv"]
    logsumexp: Float[Tensor, "B H Tq"]


def no_keys(query: Float[Tensor, "B H Tq D"], value: Float[Tensor, "B G Tk Dv"]) -> Partial:
    """Attention over no key at all: output 0, logsumexp −∞. Merging it changes nothing."""
    dtype = torch.promote_types(query.dtype, torch.float32)
    shape = query.shape[:3]
    output = query.new_zeros((*shape, value.shape[-1]), dtype=dtype)
    return Partial(output, query.new_full(shape, -torch.inf, dtype=dtype))


def merge(one: Partial, other: Partial) -> Partial:
    """Attention over the keys of both: out − σ(lse′ − lse) · (out − out′), with log(eˡˢᵉ + eˡˢᵉ′).

    The order of merging does not matter, and a part may be empty (logsumexp −∞).
    """
    gap = other.logsumexp - one.logsumexp
    gap = gap.masked_fill(other.logsumexp == -torch.inf, -torch.inf)  # also of −∞ − −∞
    share = gap.sigmoid().unsqueeze(-1)
    output = one.output - share * (one.output - other.output)
    larger = torch.maximum(one.logsumexp, other.logsumexp)
    return Partial(output, larger + (-gap.abs()).exp().log1p())
