"""Gumbel-softmax: draw one key at random, yet let gradients through (Jang et al., 2017).

Noise g on the scores makes the best key a fair draw: argmax(s + g) is key j with the probability
softmax(s)ⱼ. The noise is a bias like any other, so that weights read later are those of this draw:

    noise = gumbel_noise(query, key)
    attention(query, key, value, bias=noise, normalize=Relaxed(0.5))            a soft draw
    attention(query, key, value, bias=noise, normalize=StraightThrough(0.5))    a hard one
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.normalizers._softmax import softmax
from attnlib.normalizers.argmax import hard


@checked
def gumbel_noise(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    *,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "B H Tq Tk"]:
    """−log(−log u) for u uniform in (0, 1), one per pair (Jang et al., 2017, section 2).

    −log u is exponential, and drawn as such.
    """
    shape = (*query.shape[:3], key.shape[2])
    exponential = torch.empty(shape, dtype=torch.float64, device=query.device)
    return -exponential.exponential_(generator=generator).log().to(query.dtype)


@dataclass(frozen=True)
class Relaxed:
    """softmax(s/τ): towards the hardest choice as the temperature τ goes to 0.

    (Jang et al., 2017, equation 2, when the scores hold Gumbel noise.)
    Raises ValueError when `temperature` is not positive.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ValueError(f"temperature must be positive, got {self.temperature}")

    @checked
    def __call__(
        self,
        scores: Float[Tensor, "*N Tk"],
        allowed: Bool[Tensor, "*#N #Tk"] | None = None,
    ) -> Float[Tensor, "*N Tk"]:
        return softmax(self._cooled(scores, allowed), allowed)

    def _cooled(self, scores: Tensor, allowed: Tensor | None) -> Tensor:
        """(s − max s)/τ: of a tiny τ the scores alone would give ∞."""
        if scores.shape[-1] == 0:
            return scores
        seen = scores if allowed is None else scores.masked_fill(~allowed, -torch.inf)
        below = scores - seen.detach().amax(dim=-1, keepdim=True)
        return below / max(self.temperature, torch.finfo(below.dtype).tiny)


@dataclass(frozen=True)
class StraightThrough(Relaxed):
    """All weight on the best key, with the gradient of softmax(s/τ).

    The gradient is that of a neighboring function, so it is biased, but it is not 0 as the hard
    choice's own (Bengio et al., 2013; Jang et al., 2017, section 2.2). With Gumbel
    noise it is the hard attention of Xu et al. (2015), trained without reinforcement learning.
    """

    @checked
    def __call__(
        self,
        scores: Float[Tensor, "*N Tk"],
        allowed: Bool[Tensor, "*#N #Tk"] | None = None,
    ) -> Float[Tensor, "*N Tk"]:
        soft = super().__call__(scores, allowed)
        return hard(scores, allowed) + (soft - soft.detach())
