"""How scores become weights: normalize(scores, allowed) → how much of each key.

Every normalizer works on the last axis, the keys, whatever stands in front: (B, H, Tq) in
`attention`. Where `allowed` is False the weight is exactly 0; a row with nothing allowed is all
zeros, and its gradients are finite.
"""

import math
from typing import Protocol

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checked import checked


class Normalizer(Protocol):
    """What `attention(normalize=…)` takes."""

    def __call__(
        self,
        scores: Float[Tensor, "B H Tq Tk"],
        allowed: Bool[Tensor, "#B #H Tq Tk"] | None,
    ) -> Float[Tensor, "B H Tq Tk"]: ...


@checked
def softmax(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """exp(sᵢ) / Σⱼ exp(sⱼ) over the allowed keys (Bridle, 1990)."""
    if allowed is None:
        return scores.softmax(dim=-1)
    return neutral(scores, allowed).softmax(dim=-1).masked_fill(~allowed, 0)


@checked
def sigmoid(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """σ(sⱼ − log n) for n keys: each key by itself, rows need not sum to 1.

    At scores near 0 the weights sum to about 1 (Ramapuram et al., 2024).
    n counts all keys, also those that the mask hides.
    """
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    return (scores - math.log(max(scores.shape[-1], 1))).sigmoid()


@checked
def hard(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """All weight on the best key, the first of equals. No gradient reaches the scores."""
    if scores.shape[-1] == 0:
        return scores
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    best = scores.argmax(dim=-1, keepdim=True)
    weights = torch.zeros_like(scores).scatter(-1, best, 1.0)
    return weights if allowed is None else weights.masked_fill(~allowed, 0)


@checked
def neutral(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"]
) -> Float[Tensor, "*N Tk"]:
    """−∞ where not allowed, but 0 throughout a row with nothing allowed.

    A softmax over −∞ alone is NaN, and zeroing it afterwards leaves NaN gradients.
    """
    empty = ~allowed.any(dim=-1, keepdim=True)
    return scores.masked_fill(~allowed, -torch.inf).masked_fill(empty, 0)
