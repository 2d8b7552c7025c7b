"""How a query and a key are compared: score(query, key, scale) → one number per pair.

Every score takes query (B, H, Tq, D) and key (B, H, Tk, D) and gives scores (B, H, Tq, Tk), in
float32 at least: rounding a score to 16 bits changes its weight by up to e^(|score|/256).
`scale` multiplies the score; None means the score's own, 1/√D for the scaled dot product, else 1.
"""

import math

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_same_size, checked
from attnlib.precision import no_autocast, widened
from attnlib.scores.score import Score


@checked
def scaled_dot(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None = None
) -> Float[Tensor, "B H Tq Tk"]:
    """q·kᵀ / √D (Vaswani et al., 2017, equation 1). Raises ValueError when the sizes D differ."""
    return dot(query, key, scale_of(scaled_dot, scale, query.shape[-1]))


@checked
def dot(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None = None
) -> Float[Tensor, "B H Tq Tk"]:
    """q·kᵀ (Luong et al., 2015, section 3.1). Raises ValueError when the sizes D differ."""
    check_same_size(query, key)
    query, key = widened(query, key)
    with no_autocast(query):
        return (query if scale is None else query * scale) @ key.mT


def scale_of(score: Score, scale: float | None, head_size: int) -> float:
    """The number a dot product is multiplied by: `scale`, or the score's own."""
    if scale is not None:
        return scale
    return 1 / math.sqrt(head_size) if score is scaled_dot else 1.0
