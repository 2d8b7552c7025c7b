"""A window with gaps: the same number of keys, from further away (Beltagy et al., 2020)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Dilated(Mask):
    """Each token sees every `step`-th neighbor: q − k = 0, ±step, …, ±(width − 1)·step.

    With `Causal() &` these are `width` keys, itself included (Beltagy et al., 2020, section 3.1,
    "dilated sliding window"; a step of 1 is Window(width)).
    Raises TypeError or ValueError unless `width` and `step` are whole numbers of at least 1.
    """

    width: int
    step: int

    def __post_init__(self) -> None:
        check_at_least(1, "width", self.width)
        check_at_least(1, "step", self.step)

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        distance = (grid.query - grid.key).abs()
        return (distance % self.step == 0) & (distance < self.width * self.step)

    def sees_itself(self) -> bool:
        return True

    def reach(self, places: range, key_length: int) -> range:
        furthest = (self.width - 1) * self.step
        return range(max(0, places.start - furthest), min(key_length, places.stop + furthest))

    def fixed(self) -> bool:
        return True
