"""Weights times what they carry: a key with a weight of 0.9 and a value near 0 adds nothing.

A layer's output is Σₕ Σⱼ wₕᵢⱼ · vₕⱼ·Woₕ. So the size of what query i takes from key j is

    nₕᵢⱼ = wₕᵢⱼ · ‖vₕⱼ · Woₕ‖            (Kobayashi et al., 2020)
"""

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
