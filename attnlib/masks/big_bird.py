"""BigBird: a few global blocks, a window and random blocks (Zaheer et al., 2020)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least, may_read
from attnlib.masks._pieces import Pieces, by_blocks
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class BigBird(Mask):
    """The sequence in blocks of `block` tokens; a block sees (Zaheer et al., 2020, section 2):

    - the first `everywhere` blocks and the last `everywhere_last`, which see and are seen by all
      (the internal construction, ITC; the released models take the first one and the last one);
    - the blocks nearer than `window` blocks (2 is the block and its two neighbors, the paper's 3);
    - `random` more, drawn without repetition from `seed` and the number of blocks alone.

    Raises TypeError or ValueError for counts below 1 (below 0 for `everywhere`,
    `everywhere_last` and `random`), and
    for more queries than keys.
    """

    block: int
    everywhere: int = 1
    window: int = 2
    random: int = 3
    seed: int = 0
    everywhere_last: int = 0

    def __post_init__(self) -> None:
        check_at_least(1, "block", self.block)
        check_at_least(1, "window", self.window)
        check_at_least(0, "everywhere", self.everywhere)
        check_at_least(0, "everywhere_last", self.everywhere_last)
        check_at_least(0, "random", self.random)

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        if grid.query_length > grid.key_length:
            raise ValueError(
                f"a BigBird mask needs at least as many keys as queries, "
                f"got {grid.query_length} queries and {grid.key_length} keys"
            )
        blocks = grid.move(self.blocks(-(-grid.key_length // self.block)))
        return blocks[grid.query // self.block, grid.key // self.block]

    def sees_itself(self) -> bool:
        return True

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        if query_length > key_length or not may_read():
            return None
        seen = self.blocks(-(-key_length // self.block)).tolist()
        return [by_blocks(seen, self.block, query_length, key_length)]

    def fixed(self) -> bool:
        return True

    def blocks(self, number: int) -> Bool[Tensor, "N N"]:
        """Which of `number` blocks sees which."""
        place = torch.arange(number)
        near = (place[:, None] - place).abs() < self.window
        open_to_all = (place < self.everywhere) | (place >= number - self.everywhere_last)
        seen = near | open_to_all | open_to_all[:, None]

        source = torch.Generator().manual_seed(self.seed)
        draw = torch.rand(number, number, generator=source).masked_fill(seen, -1.0)
        rank = draw.argsort(dim=-1, descending=True).argsort(dim=-1)
        return seen | (rank < self.random)
