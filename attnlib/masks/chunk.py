"""A sequence cut into chunks that do not see one another (chunked-local attention)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Chunk(Mask):
    """Each token sees its own chunk of `size` tokens: ⌊q / size⌋ = ⌊k / size⌋.

    The blocks of Qiu et al. (2020, blockwise attention, identity permutation); with `Causal() &`
    the chunked layers of Llama 4. A chunk's first token sees little, a window's never does.
    Raises TypeError or ValueError unless `size` is a whole number of at least 1.
    """

    size: int

    def __post_init__(self) -> None:
        check_at_least(1, "size", self.size)

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return grid.query // self.size == grid.key // self.size
