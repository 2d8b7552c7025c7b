"""Learned positions: a table with a vector for each place (Gehring et al., 2017)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked


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
    def forward(self, x: Float[Tensor, "B T E"], *, first: int = 0) -> Float[Tensor, "B T E"]:
        """Add the vectors of the places `first` … `first + T − 1`."""
        check_sequence("x", x, self.table)
        if first < 0:
            raise ValueError(f"first must be 0 or more, got {first}")
        last = first + x.shape[1]
        longest = self.table.shape[0]
        if last > longest:
            raise ValueError(f"x reaches place {last}, but the table ends at {longest}")
        return x + self.table[first:last]
