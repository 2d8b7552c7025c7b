"""What a normalizer is: normalize(scores, allowed) → how much of each key.

Every normalizer works on the last axis, the keys, whatever stands in front: (B, H, Tq) in
`attention`. Where `allowed` is False the weight is exactly 0; a row with nothing allowed is all
zeros, and its gradients are finite.
"""

from typing import Protocol

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked


class Normalizer(Protocol):
    """What `attention(normalize=…)` takes."""

    def __call__(
        self,
        scores: Float[Tensor, "B H Tq Tk"],
        allowed: Bool[Tensor, "#B #H Tq Tk"] | None,
    ) -> Float[Tensor, "B H Tq Tk"]: ...


@checked
def neutral(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"]
) -> Float[Tensor, "*N Tk"]:
    """−∞ where not allowed, but 0 throughout a row with nothing allowed.

    A softmax over −∞ alone is NaN, and zeroing it afterwards leaves NaN gradients.
    """
    empty = ~allowed.any(dim=-1, keepdim=True)
    return scores.masked_fill(~allowed, -torch.inf).masked_fill(empty, 0)
