"""A square of neighbors in an image (Hassani et al., 2023, neighborhood attention)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Neighborhood(Mask):
    """Each pixel sees the `size` × `size` pixels around it; pixel (y, x) is token y · width + x.

    At a border the square moves inward, so that every pixel sees just as many (section 3).

    - `dilation`: d takes every d-th pixel in both directions (Hassani and Shi, 2022, DiNAT).
    - `stride`: s pixels in a row share the square of the middle one of them (Hassani et al., 2025,
      generalized neighborhood attention): work comes in blocks. With `size` an odd multiple of s
      these are tiles that see tiles (sliding tile attention: Zhang et al., 2025).
    - `causal`: of rows and columns only those up to the pixel's own: the square ends at the pixel.

    Raises TypeError or ValueError when `size` is even (and not `causal`) or, dilated, larger than
    the image, or (later) when there are not height · width queries and keys.
    """

    height: int
    width: int
    size: int
    dilation: int = 1
    stride: int = 1
    causal: bool = False

    def __post_init__(self) -> None:
        for name in ("height", "width", "size", "dilation", "stride"):
            check_at_least(1, name, getattr(self, name))
        if self.size % 2 == 0 and not self.causal:
            raise ValueError(f"size must be odd, to have a pixel in the middle; got {self.size}")
        if self.size * self.dilation > min(self.height, self.width):
            dilated = "" if self.dilation == 1 else f" with dilation {self.dilation}"
            raise ValueError(
                f"size {self.size}{dilated} is larger than {self.height} × {self.width} pixels"
            )
        if self.stride > self.size:
            raise ValueError(f"stride {self.stride} is above size {self.size}: some see nothing")

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
        """Along one axis. Pixels with the same rest by the dilation are a line of their own."""
        rest, place = query % self.dilation, query // self.dilation
        last = (length - 1 - rest) // self.dilation  # of that line
        first_of_stride = place - place % self.stride
        if self.causal:
            leader = torch.minimum(first_of_stride + self.stride - 1, last)
            start = (leader - self.size + 1).clamp(min=0)
            near = (start <= key // self.dilation) & (key <= query)
        else:
            reach = self.size // 2
            leader = torch.minimum(first_of_stride + self.stride // 2, last)
            middle = torch.minimum(leader.clamp(min=reach), last - reach)
            near = (middle - key // self.dilation).abs() <= reach
        return near & (rest == key % self.dilation)
