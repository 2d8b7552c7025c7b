"""Stick-breaking: the nearest key takes its share first, the next one of what is left.

(Tan et al., 2024, equation 3.)
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked


@checked
def stick_breaking(
    scores: Float[Tensor, "*N Tk"], allowed: Bool[Tensor, "*#N #Tk"] | None = None
) -> Float[Tensor, "*N Tk"]:
    """σ(sⱼ) · Π_{l > j} (1 − σ(sₗ)): from the last allowed key backwards a part of the stick.

    The order of the keys matters, so that no other positions are needed; the rows sum to less than
    1, by what is left of the stick. Under a causal mask the last key is the token itself; the paper
    hides it too, so that every token looks only at those before it.

    >>> stick_breaking(torch.zeros(1, 1, 1, 3)).flatten()
    tensor([0.1250, 0.2500, 0.5000])
    """
    if allowed is not None:
        scores = scores.masked_fill(~allowed, 0)
    left = F.logsigmoid(-scores)  # log of what a key leaves
    if allowed is not None:
        left = left.masked_fill(~allowed, 0)
    later = F.pad(left[..., 1:], (0, 1)) if scores.shape[-1] else left
    logarithm = F.logsigmoid(scores) + later.flip(-1).cumsum(dim=-1).flip(-1)
    if allowed is None:
        return logarithm.exp()
    return logarithm.masked_fill(~allowed, -torch.inf).exp()
