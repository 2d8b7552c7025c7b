"""Every key by itself (Ramapuram et al., 2024)."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, checked


@checked
def sigmoid(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """σ(sⱼ − log n) for n keys: each key by itself, rows need not sum to 1.

    At scores near 0 the weights sum to about 1 (Ramapuram et al., 2024).
    n counts all keys, also those that the mask hides: so a token decoded when there are fewer keys,
    or in a batch with more padding, gets other weights. `Sigmoid(n)` fixes n for good.
    """
    return _sigmoid(scores, allowed, max(scores.shape[-1], 1))


@dataclass(frozen=True)
class Sigmoid:
    """σ(sⱼ − log n) with n fixed, as trained models have it (Ramapuram et al., 2024, section 4).

    `count` is n, the number of keys that the model was trained with: their own 2048 is the bias of
    −7.62. A key's weight depends on no other key, so decoding equals one pass, and padding changes
    nothing. Raises TypeError or ValueError unless n is a whole number of at least 1.
    """

    count: int

    def __post_init__(self) -> None:
        check_at_least(1, "count", self.count)

    @checked
    def __call__(
        self,
        scores: Float[Tensor, "*N Tk"],
        allowed: Bool[Tensor, "*#N #Tk"] | None = None,
    ) -> Float[Tensor, "*N Tk"]:
        return _sigmoid(scores, allowed, self.count)


def _sigmoid(scores: Tensor, allowed: Tensor | None, count: int) -> Float[Tensor, "*N Tk"]:
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    return (scores - math.log(count)).sigmoid()
