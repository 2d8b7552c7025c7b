"""Learned positions: a table with a vector for each place (Gehring et al., 2017)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import (
    check_at_least,
    check_integers,
    check_sequence,
    checked,
    lowest_and_highest,
)


class LearnedPositions(nn.Module):
    """x + table[first : first + T].

    - `size`: E. `longest`: how many places have a vector.

    Raises ValueError for a place before 0 or beyond `longest`, which has no vector, and for an x
    that is not (B, T, size).
    """

    def __init__(self, size: int, *, longest: int) -> None:
        super().__init__()
        check_at_least(1, "size", size)
        check_at_least(1, "longest", longest)
        self.table = nn.Parameter(torch.empty(longest, size))
        nn.init.normal_(self.table, std=0.02)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, first: int | Int[Tensor, " B"] = 0
    ) -> Float[Tensor, "B T E"]:
        """Add the vectors of the places `first` … `first + T − 1`.

        One `first` per row stands behind padding at the left: places before 0 are padding then, and
        get the vector of place 0.
        """
        check_sequence("x", x, self.table)
        if isinstance(first, Tensor):
            return x + self.table[self._places(first, x).clamp(min=0)]
        if first < 0:
            raise ValueError(f"first must be 0 or more, got {first}")
        last = first + x.shape[1]
        longest = self.table.shape[0]
        if last > longest:
            raise ValueError(f"x reaches place {last}, but the table ends at {longest}")
        return x + self.table[first:last]

    def _places(self, first: Int[Tensor, " B"], x: Float[Tensor, "B T E"]) -> Int[Tensor, "B T"]:
        check_integers("first", first, dims=(1,))
        if first.shape[0] != x.shape[0]:
            raise ValueError(f"first must be {x.shape[0]} places, one per row; got {len(first)}")
        places = first[:, None] + torch.arange(x.shape[1], device=x.device)
        found = lowest_and_highest(places)
        if found is not None and found[1] >= self.table.shape[0]:
            longest = self.table.shape[0]
            raise ValueError(f"x reaches place {found[1] + 1}, but the table ends at {longest}")
        return places
