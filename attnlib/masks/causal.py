"""No look at the future (Vaswani et al., 2017)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Causal(Mask):
    """Each token sees itself and what came before: k ≤ q (Vaswani et al., 2017, section 3.2.3)."""

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return grid.key <= grid.query
