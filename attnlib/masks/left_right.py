"""A window of two edges, as FlashAttention names it (Dao, 2023, `window_size=(left, right)`)."""

import math
from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks.mask import Band, Grid, Mask


@dataclass(frozen=True)
class LeftRight(Mask):
    """Each token sees itself, `left` tokens before it and `right` after: q − left ≤ k ≤ q + right.

    As `window_size=(left, right)` of FlashAttention, where −1 is no edge: `LeftRight(-1, 0)` is
    causal, and `LeftRight(w − 1, w − 1)` is `Window(w)`, whose width counts the token itself.
    Raises TypeError or ValueError unless both are whole numbers of at least −1.
    """

    left: int
    right: int

    def __post_init__(self) -> None:
        check_at_least(-1, "left", self.left)
        check_at_least(-1, "right", self.right)

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        after = grid.key - grid.query
        allowed = after == after
        if self.left >= 0:
            allowed = allowed & (after >= -self.left)
        if self.right >= 0:
            allowed = allowed & (after <= self.right)
        return allowed

    def band(self) -> Band:
        return Band(*(edge if edge >= 0 else math.inf for edge in (self.left, self.right)))

    def fixed(self) -> bool:
        return True
