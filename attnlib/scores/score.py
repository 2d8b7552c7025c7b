"""What a score is: score(query, key, scale) → one number per pair of query and key.

Every score takes query (B, H, Tq, D) and key (B, H, Tk, D) and gives scores (B, H, Tq, Tk), in
float32 at least: rounding a score to 16 bits changes its weight by up to e^(|score|/256).
`scale` multiplies the score; None means the score's own, 1/√D for the scaled dot product, else 1.
"""

from typing import Protocol

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked


class Score(Protocol):
    """What `attention(score=…)` takes."""

    def __call__(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]: ...


@checked
def nothing(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None = None
) -> Float[Tensor, "B H Tq Tk"]:
    """A score of 0 for every pair: all is in the bias."""
    return query.new_zeros(*query.shape[:3], key.shape[2])
