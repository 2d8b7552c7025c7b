"""Blocks of text made from noise one after another: training all at once (Arriola et al., 2025)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class BlockDiffusion(Mask):
    """A text twice, `length` noisy tokens, then the same ones clean, in blocks of `block` tokens.

        noisy block b   sees itself, and the clean blocks before b
        clean block b   sees the clean blocks up to b, itself whole

    So every block is denoised as if those before it had been written already (section 3.1 and
    appendix B.6). Raises TypeError or ValueError for counts below 1, or (later) unless there are
    2 · length queries and keys.
    """

    length: int
    block: int

    def __post_init__(self) -> None:
        check_at_least(1, "length", self.length)
        check_at_least(1, "block", self.block)

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        for name, number in (("query", grid.query_length), ("key", grid.key_length)):
            if number != 2 * self.length:
                raise ValueError(f"mask is for 2 · {self.length} tokens, but {name} has {number}")
        asks_clean, is_clean = grid.query >= self.length, grid.key >= self.length
        asking = grid.query % self.length // self.block
        block = grid.key % self.length // self.block
        own = (asking == block) & (asks_clean == is_clean)
        return own | (is_clean & (block < asking))

    def sees_itself(self) -> bool:
        return True

    def fixed(self) -> bool:
        return True

    def natural_lengths(self) -> tuple[int, int]:
        return 2 * self.length, 2 * self.length
