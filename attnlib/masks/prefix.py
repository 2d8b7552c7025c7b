"""A beginning that everybody sees (Raffel et al., 2020)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_count
from attnlib.masks._pieces import Piece, Pieces
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Prefix(Mask):
    """Every token sees the first `length` keys: k < length (prefix LM: Raffel et al., 2020)."""

    length: int

    def __post_init__(self) -> None:
        check_count("length", self.length)
        if self.length < 0:
            raise ValueError(f"length must be 0 or more, got {self.length}")

    def rule(self, grid: Grid) -> Bool[Tensor, "1 Tk"]:
        return grid.key < self.length

    def reach(self, places: range, key_length: int) -> range:
        return range(min(self.length, key_length))

    def pieces(self, query_length: int, key_length: int) -> list[Pieces]:
        keys = self.reach(range(0), key_length)
        return [(Piece(range(query_length), (keys,) if keys else ()),)]

    def fixed(self) -> bool:
        return True

    def reads_places(self) -> bool:
        return False
