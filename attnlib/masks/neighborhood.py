"""A square of neighbors in an image (Hassani et al., 2023, neighborhood attention)."""

from dataclasses import dataclass

from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Neighborhood(Mask):
    """Each pixel sees the `size` × `size` pixels around it; pixel (y, x) is token y · width + x.

    At a border the square moves inward, so that every pixel sees just as many (section 3).
    Raises TypeError or ValueError when `size` is even or larger than the image, or (later) when
    there are not height · width queries and keys.
    """

    height: int
    width: int
    size: int

    def __post_init__(self) -> None:
        check_at_least(1, "height", self.height)
        check_at_least(1, "width", self.width)
        check_at_least(1, "size", self.size)
        if self.size % 2 == 0:
            raise ValueError(f"size must be odd, to have a pixel in the middle; got {self.size}")
        if self.size > min(self.height, self.width):
            raise ValueError(f"size {self.size} is larger than {self.height} × {self.width} pixels")

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        pixels = self.height * self.width
        for name, length in (("query", grid.query_length), ("key", grid.key_length)):
            if length != pixels:
                raise ValueError(
                    f"mask is for {self.height} × {self.width} = {pixels} pixels, "
                    f"but {name} has {length}"
                )
        rows = self._near(grid.query // self.width, grid.key // self.width, self.height)
        columns = self._near(grid.query % self.width, grid.key % self.width, self.width)
        return rows & columns

    def sees_itself(self) -> bool:
        return True

    def fixed(self) -> bool:
        return True

    def natural_lengths(self) -> tuple[int, int]:
        return self.height * self.width, self.height * self.width

    def _near(
        self, query: Int[Tensor, "Tq 1"], key: Int[Tensor, "1 Tk"], length: int
    ) -> Bool[Tensor, "Tq Tk"]:
        reach = self.size // 2
        middle = query.clamp(min=reach, max=length - 1 - reach)
        return (middle - key).abs() <= reach
