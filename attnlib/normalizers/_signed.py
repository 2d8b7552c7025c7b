"""Signed weights: a key may also be subtracted (Lv et al., 2024, Cog attention)."""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.normalizers._softmax import softmax


@checked
def signed(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """sign(sᵢ) · exp|sᵢ| / Σⱼ exp|sⱼ| over the allowed keys (section 3).

    A strongly negative score takes the key's value away, where softmax could only ignore it. The
    absolute values of a row sum to 1. A score of exactly 0 has no sign and gets no weight.
    """
    weights = softmax(scores.abs(), allowed)
    if allowed is not None:
        scores = scores.masked_fill(~allowed, 0)
    return scores.sign() * weights
