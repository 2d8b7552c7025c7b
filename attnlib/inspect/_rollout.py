"""Attention rollout: the maps of all layers as one (Abnar & Zuidema, 2020)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked


@checked
def rollout(
    weights: Sequence[Float[Tensor, "B H T T"]], *, residual: float = 0.5
) -> Float[Tensor, "B T T"]:
    """Ã_L ⋯ Ã₁ with Ã = (1 − r)·A + r·I, A the mean of a layer's heads, r the `residual`.

    What each token's last state is mixed of, if values and networks changed nothing and a layer's
    input weighed as much as what it adds (their r = 0.5). `weights`: of each layer, the first
    first. A row that may look nowhere keeps r of itself and is scaled to sum to 1.
    Raises ValueError without layers or heads, and for r outside 0 … 1.
    """
    if not weights or not all(layer.shape[1] for layer in weights):
        raise ValueError("weights must be of one layer or more, each of one head or more")
    if not 0 <= residual <= 1:
        raise ValueError(f"residual must lie between 0 and 1, got {residual}")
    first = weights[0]
    itself = torch.eye(first.shape[-1], dtype=first.dtype, device=first.device)
    rolled = itself.expand(first.shape[0], -1, -1)
    for layer in weights:
        mixed = (1 - residual) * layer.mean(dim=1) + residual * itself
        rolled = mixed / mixed.sum(dim=-1, keepdim=True) @ rolled
    return rolled
