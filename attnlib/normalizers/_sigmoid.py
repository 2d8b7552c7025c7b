"""Every key by itself (Ramapuram et al., 2024)."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked


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
