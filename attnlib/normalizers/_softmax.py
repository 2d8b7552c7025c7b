"""Exponentials, divided by their sum (Bridle, 1990)."""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.normalizers.normalizer import neutral


@checked
def softmax(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """exp(sᵢ) / Σⱼ exp(sⱼ) over the allowed keys (Bridle, 1990)."""
    if allowed is None:
        return scores.softmax(dim=-1)
    return neutral(scores, allowed).softmax(dim=-1).masked_fill(~allowed, 0)
