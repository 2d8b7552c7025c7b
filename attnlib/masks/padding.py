"""Sequences of unequal length in one batch."""

from dataclasses import dataclass, field
from typing import Literal

from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.checks import check_integers, lowest_and_highest, may_read
from attnlib.masks._pieces import Piece, Pieces
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True, eq=False)
class Padding(Mask):
    """Sequence b has `lengths[b]` real keys; the rest is padding nobody sees.

    `side` says where the padding lies: "right" (k < length) or "left" (k ≥ Tk − length).

        >>> Padding(torch.tensor([3, 1])).dense(1, 3).flatten(1)
        tensor([[ True,  True,  True],
                [ True, False, False]])

    Raises TypeError or ValueError for lengths that are not a (B,) integer tensor, are negative, or
    (later, from `attention`) count more keys than there are; where there are no values to look at,
    in compiled code, on meta or inside vmap, lengths are taken as they are.
    """

    lengths: Int[Tensor, " B"]
    side: Literal["right", "left"] = "right"
    longest: int = field(init=False, repr=False, default=0)
    shortest: int | None = field(init=False, repr=False, default=None)  # None: not looked at

    def __post_init__(self) -> None:
        check_integers("lengths", self.lengths, dims=(1,))
        found = lowest_and_highest(self.lengths)
        if found is not None:
            shortest, longest = found
            if shortest < 0:
                raise ValueError(f"lengths must be 0 or more, got {shortest}")
            object.__setattr__(self, "longest", longest)
            object.__setattr__(self, "shortest", shortest)
        if self.side not in ("right", "left"):
            raise ValueError(f'side must be "right" or "left", got {self.side!r}')

    def rule(self, grid: Grid) -> Bool[Tensor, "B 1 1 Tk"]:
        if self.longest > grid.key_length:
            raise ValueError(f"lengths says {self.longest} keys, but key has {grid.key_length}")
        lengths = grid.move(self.lengths).view(-1, 1, 1, 1)
        real = grid.key < lengths
        return real if self.side == "right" else real.flip(-1)

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        if not may_read(self.lengths):
            return None
        lengths = self.lengths.tolist()
        if not lengths or max(lengths) > key_length or min(lengths) < 0:
            return None
        if self.side == "right":
            seen = [range(length) for length in lengths]
        else:
            seen = [range(key_length - length, key_length) for length in lengths]
        return [(Piece(range(query_length), (keys,) if keys else ()),) for keys in seen]

    def reads_places(self) -> bool:
        return False

    def pads_right(self, key_length: int) -> bool:
        return self.side == "right" and self.shortest is not None and self.shortest < key_length

    def natural_lengths(self) -> tuple[int, int]:
        return self.longest, self.longest
