"""Softmax that sharpens with the number of keys, so that long texts do not wash it out.

Over n keys with scores in a fixed range, the largest weight of a softmax falls towards 0 like 1/n.
Multiplied by something that grows like log n, the scores keep their say. n counts the keys that the
query may see: under a causal mask its place, from 1.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.normalizers._softmax import softmax


class LengthScaled(nn.Module):
    """softmax(c · log n · s), c learned, one per head (scalable softmax: Nakanishi, 2025).

    It is n^(c·sᵢ) / Σⱼ n^(c·sⱼ): the number of keys takes the place of e. `strength` is where c
    starts. Raises ValueError when the scores have other heads.
    """

    def __init__(self, heads: int, *, strength: float = 1.0) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.strength = nn.Parameter(torch.full((heads,), strength))

    @checked
    def forward(
        self,
        scores: Float[Tensor, "B H Tq Tk"],
        allowed: Bool[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        if scores.shape[1] != len(self.strength):
            heads = len(self.strength)
            raise ValueError(f"scores have {scores.shape[1]} heads, but strength has {heads}")
        scores = _cleared(scores, allowed)
        scale = self.strength.to(scores).view(-1, 1, 1) * _seen(scores, allowed).log()
        return softmax(scale * scores, allowed)


@dataclass(frozen=True)
class TemperatureTuned:
    """softmax((1 + a · log(1 + ⌊n/f⌋)) · s): as it was up to f keys, sharper by steps beyond.

    Llama 4 multiplies the queries of its layers without positions so (Meta, 2025), with `strength`
    a = 0.1 and `floor` f = 8192. Nothing is learned. Raises TypeError or ValueError unless f is a
    whole number of at least 1.
    """

    floor: int
    strength: float

    def __post_init__(self) -> None:
        check_at_least(1, "floor", self.floor)

    @checked
    def __call__(
        self,
        scores: Float[Tensor, "*N Tk"],
        allowed: Bool[Tensor, "*#N #Tk"] | None = None,
    ) -> Float[Tensor, "*N Tk"]:
        steps = (_seen(scores, allowed) / self.floor).floor()
        scores = _cleared(scores, allowed)
        return softmax((1 + self.strength * steps.log1p()) * scores, allowed)


def _cleared(scores: Tensor, allowed: Tensor | None) -> Tensor:
    """0 in place of what may not be read: no weight stops a NaN."""
    return scores if allowed is None else scores.masked_fill(~allowed, 0)


def _seen(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None
) -> Float[Tensor, "*#N 1"]:
    """How many keys each query may see, at least 1."""
    if allowed is None:
        return scores.new_full((1,), max(scores.shape[-1], 1))
    if allowed.shape[-1] == 1:
        allowed = allowed.expand(*allowed.shape[:-1], scores.shape[-1])
    return allowed.sum(dim=-1, keepdim=True).clamp(min=1).to(scores.dtype)
