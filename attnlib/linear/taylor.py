"""Based: linear attention whose features are the Taylor series of the exponential.

(Arora et al., 2024, section 4; Zhang et al., 2024.)

e^s ≈ 1 + s + s²/2 for s = q·k/√D,   φ(x) = [1, x/D^¼, (x xᵀ)/√(2D)],   φ(q)·φ(k) = 1 + s + s²/2

The sum is positive whatever the score, and near 0 it is the softmax's own; far from it, e^s grows
and the series does not. A state has 1 + D + D² rows, so D is small here: the paper takes 16, and
softmax in a short window for what is near.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked


@checked
def features(states: Float[Tensor, "*N D"]) -> Float[Tensor, "*N F"]:
    """φ, to be handed to `linear_attention` as `feature_map=`; F = 1 + D + D².

    linear_attention.chunked(query, key, value, feature_map=taylor.features)
    """
    size = states.shape[-1]
    first = states / size**0.25
    second = (first.unsqueeze(-1) * first.unsqueeze(-2)).flatten(-2) / 2**0.5
    return torch.cat((torch.ones_like(states[..., :1]), first, second), dim=-1)
