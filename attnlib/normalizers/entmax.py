"""Entmax: weights that can be exactly 0 without a mask (Peters et al., 2019).

α = 1        softmax: every key gets something
1 < α        sparse: keys far enough below the best get exactly 0; the larger α, the fewer remain
α = 1.5      a common middle
α = 2        sparsemax (Martins & Astudillo, 2016)

    weights = [(α − 1)·s − τ]₊^(1/(α−1)),   with the τ at which they sum to 1

τ is found exactly by sorting (α = 2 and 1.5) or by halving an interval (any α).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.normalizers.normalizer import neutral

Threshold = Callable[[Tensor], Tensor]  # (α − 1)·s, its largest at 0 → τ
NEWTON_STEPS = 3


@checked
def sparsemax(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """The point of the simplex nearest to the scores (Martins & Astudillo, 2016, algorithm 1).

    >>> sparsemax(torch.tensor([2.0, 1.5, 0.0]).view(1, 1, 1, 3)).flatten()
    tensor([0.7500, 0.2500, 0.0000])
    """
    return _entmax(scores, allowed, 2.0, _sparsemax_threshold)


@checked
def entmax15(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """[s/2 − τ]₊² (Peters et al., 2019, algorithm 2)."""
    return _entmax(scores, allowed, 1.5, _entmax15_threshold)


@dataclass(frozen=True)
class Entmax:
    """α-entmax for any α > 1, by bisection (Peters et al., 2019, algorithm 1)."""

    alpha: float

    def __post_init__(self) -> None:
        if not self.alpha > 1:
            raise ValueError(f"alpha must be above 1 (at 1 it is softmax), got {self.alpha}")

    @checked
    def __call__(
        self,
        scores: Float[Tensor, "*N Tk"],
        allowed: Bool[Tensor, "*#N #Tk"] | None = None,
    ) -> Float[Tensor, "*N Tk"]:
        return _entmax(scores, allowed, self.alpha, self._threshold)

    def _threshold(self, s: Tensor) -> Tensor:
        """Halve [−1, −n^(1−α)], in which the sum of the weights falls through 1."""
        low = torch.full_like(s[..., :1], -1.0)
        high = torch.full_like(low, -(s.shape[-1] ** (1 - self.alpha)))
        halvings = 60 if s.dtype == torch.float64 else 30  # beyond the digits of the type
        for _ in range(halvings):
            middle = (low + high) / 2
            total = _weights(s, s > middle, middle, self.alpha).sum(dim=-1, keepdim=True)
            too_low = total >= 1
            low, high = middle.where(too_low, low), high.where(too_low, middle)
        return low


def _entmax(
    scores: Tensor, allowed: Tensor | None, alpha: float, threshold: Threshold
) -> Float[Tensor, "*N Tk"]:
    if scores.shape[-1] == 0:
        return scores
    scores = scores if allowed is None else neutral(scores, allowed)
    top = scores.detach().amax(dim=-1, keepdim=True)
    s = ((alpha - 1) * (scores - top)).clamp(min=-1)  # τ ≥ −1: what is lower gets 0 anyhow
    found = threshold(s.detach()).clamp(min=-1)
    kept = s.detach() > found
    weights = _weights(s, kept, _followed(s, kept, found, alpha), alpha)
    return weights if allowed is None else weights.masked_fill(~allowed, 0)


def _followed(s: Tensor, kept: Tensor, threshold: Tensor, alpha: float) -> Tensor:
    """τ as a function of s: the number that was found, and how it moves with the scores.

    Steps of Newton's method towards Σ weights = 1. They start at the root, so that they hardly move
    it; but each doubles the order to which their derivatives are those of the root. After three
    they are right up to the seventh, in every mode of differentiation.
    """
    for _ in range(NEWTON_STEPS):
        excess = _weights(s, kept, threshold, alpha).sum(dim=-1, keepdim=True) - 1
        slope = _weights(s, kept, threshold, alpha, raised=2 - alpha).sum(dim=-1, keepdim=True)
        threshold = threshold + (alpha - 1) * excess / slope
    return threshold


def _weights(
    s: Tensor, kept: Tensor, threshold: Tensor, alpha: float, raised: float = 1.0
) -> Tensor:
    """w = (s − τ)^(1/(α−1)) of what is kept, or some power of it; 0 elsewhere."""
    above = (s - threshold).masked_fill(~kept, 1).clamp(min=torch.finfo(s.dtype).tiny)
    return (above ** (raised / (alpha - 1))).masked_fill(~kept, 0)


def _sparsemax_threshold(s: Tensor) -> Tensor:
    """τ = (Σ − 1)/k over the k largest, k the last for which 1 + k·s₍ₖ₎ > Σ."""
    ordered = s.sort(dim=-1, descending=True).values
    ranks = _ranks(s)
    excess = ordered.cumsum(dim=-1) - 1
    count = (ranks * ordered > excess).sum(dim=-1, keepdim=True)
    return excess.gather(-1, count - 1) / count


def _entmax15_threshold(s: Tensor) -> Tensor:
    """τₖ = Mₖ − √((1 − Sₖ)/k), Mₖ and Sₖ the mean and the squared deviation of the k largest.

    Of these the last with τₖ ≤ s₍ₖ₎.
    """
    ordered = s.sort(dim=-1, descending=True).values
    ranks = _ranks(s)
    mean = ordered.cumsum(dim=-1) / ranks
    deviation = ordered.square().cumsum(dim=-1) - ranks * mean.square()
    candidates = mean - ((1 - deviation) / ranks).clamp(min=0).sqrt()
    count = (candidates <= ordered).sum(dim=-1, keepdim=True)
    return candidates.gather(-1, count - 1)


def _ranks(s: Tensor) -> Tensor:
    return torch.arange(1, s.shape[-1] + 1, device=s.device, dtype=s.dtype)
