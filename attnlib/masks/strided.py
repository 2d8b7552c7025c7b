"""Every so many tokens: the columns of a page (Child et al., 2019)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Strided(Mask):
    """Each token sees those a multiple of `stride` away: (q − k) mod stride = 0.

    The Sparse Transformer's strided pattern joins it with a window of the stride, so that any
    token is reached in two steps (Child et al., 2019, section 4.3):

        Causal() & (Window(stride + 1) | Strided(stride))

    Raises TypeError or ValueError unless `stride` is a whole number of at least 1.
    """

    stride: int

    def __post_init__(self) -> None:
        check_at_least(1, "stride", self.stride)

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return (grid.query - grid.key) % self.stride == 0

    def sees_itself(self) -> bool:
        return True

    def fixed(self) -> bool:
        return True
