"""No look at the future (Vaswani et al., 2017)."""

import math
from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.masks.mask import Band, Grid, Mask


@dataclass(frozen=True)
class Causal(Mask):
    """Each token sees itself and what came before: k ≤ q (Vaswani et al., 2017, section 3.2.3).

    >>> Causal().dense(3, 3)[0, 0]
    tensor([[ True, False, False],
            [ True,  True, False],
            [ True,  True,  True]])
    """

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return grid.key <= grid.query

    def band(self) -> Band:
        return Band(before=math.inf, after=0)

    def fixed(self) -> bool:
        return True
