"""Softpick: a softmax that may give nothing to anybody (Zuhri et al., 2025)."""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked

EPSILON = 1e-6


@checked
def softpick(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """ReLU(exp(sᵢ) − 1) / (Σⱼ |exp(sⱼ) − 1| + ε) over the allowed keys (equation 2).

    A score below 0 gets exactly nothing, yet stands in the denominator, and so is still learned
    from. Rows sum to at most 1, and to 0 where no score is above 0: no token needs to serve as a
    sink. Numerator and denominator are divided by e^m, m the largest score or 0.
    """
    if scores.shape[-1] == 0:
        return scores
    if allowed is not None:
        scores = scores.masked_fill(~allowed, 0)  # e⁰ − 1: no part of any sum
    top = scores.detach().amax(dim=-1, keepdim=True).clamp(min=0)
    above = (scores - top).exp() - (-top).exp()
    return above.relu() / (above.abs().sum(dim=-1, keepdim=True) + EPSILON)
