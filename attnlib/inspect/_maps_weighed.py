"""Weights times what they carry: a key with a weight of 0.9 and a value near 0 adds nothing.

A layer's output is Σₕ Σⱼ wₕᵢⱼ · vₕⱼ·Woₕ. So the size of what query i takes from key j is

    nₕᵢⱼ = wₕᵢⱼ · ‖vₕⱼ · Woₕ‖            (Kobayashi et al., 2020)

And the maps of all layers as one, as if all values were alike: `rollout` (Abnar & Zuidema, 2020).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.attended import Attended
from attnlib.checks import checked
from attnlib.layout import repeat_heads
from attnlib.precision import at_least_float32


@checked
def value_norms(
    value: Float[Tensor, "B G Tk D"], output: Float[Tensor, "E HD"], *, heads: int
) -> Float[Tensor, "B H Tk"]:
    """‖vₕⱼ · Woₕ‖: how long each head makes what it takes from each key.

    - `value`: of the G key heads. `output`: Wo, the weight of the layer's `output`, whose columns
      h·D … (h + 1)·D are head h's. `heads`: H.

    In float32 at least. Raises ValueError when Wo has not H · D columns.
    """
    size = value.shape[-1]
    if output.shape[1] != heads * size:
        raise ValueError(
            f"output must have {heads} · {size} columns, one per number of the joined heads; "
            f"got {output.shape[1]}"
        )
    apart = at_least_float32(output).unflatten(1, (heads, size)).transpose(0, 1)  # (H, E, D)
    return (at_least_float32(repeat_heads(value, heads)) @ apart.mT).norm(dim=-1)


def norm_weights(
    seen: Attended, output: Float[Tensor, "E HD"], *, shares: bool = False
) -> Float[Tensor, "B H Tq Tk"]:
    """nₕᵢⱼ of one layer's attention; with `shares`, divided by the row's sum.

    `output` is the weight of the matrix that joins its heads: `layer.output.weight`.
    """
    norms = value_norms(seen.value, output, heads=seen.query.shape[1])
    weighed = seen.weights * norms[:, :, None]
    return weighed / weighed.sum(dim=-1, keepdim=True) if shares else weighed


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
