"""No score at all: everything is in the bias."""

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked


@checked
def nothing(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None = None
) -> Float[Tensor, "B H Tq Tk"]:
    """A score of 0 for every pair: all is in the bias."""
    return query.new_zeros(*query.shape[:3], key.shape[2])
