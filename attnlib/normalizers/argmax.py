"""All weight on the best key."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked


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
