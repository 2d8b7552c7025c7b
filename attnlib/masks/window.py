"""Only the neighbours (Beltagy et al., 2020)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_count
from attnlib.masks.mask import Band, Grid, Mask


@dataclass(frozen=True)
class Window(Mask):
    """Each token sees those nearer than `width`: |q − k| < width (Beltagy et al., 2020).

    A width of 1 sees only itself. With `Causal() &` it is the token and the width − 1 before it.

        >>> (Causal() & Window(2)).dense(3, 3)[0, 0]
        tensor([[ True, False, False],
                [ True,  True, False],
                [False,  True,  True]])

    Raises ValueError when `width` is less than 1.
    """

    width: int

    def __post_init__(self) -> None:
        check_count("width", self.width)
        if self.width < 1:
            raise ValueError(f"width counts the token itself: at least 1, got {self.width}")

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return (grid.query - grid.key).abs() < self.width

    def band(self) -> Band:
        return Band(before=self.width - 1, after=self.width - 1)

    def fixed(self) -> bool:
        return True
