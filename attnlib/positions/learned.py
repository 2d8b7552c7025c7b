"""Learned positions: a table with a vector for each place (Gehring et al., 2017)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_sequence


class LearnedPositions(nn.Module):
    """x + table[first : first + T].

    Raises ValueError for a place before 0 or beyond `longest`, which has no vector, and for an x
    that is not (B, T, size).
    """

    def __init__(self, longest: int, size: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(longest, size))
        nn.init.normal_(self.table, std=0.02)

    def forward(self, x: Float[Tensor, "B T E"], *, first: int = 0) -> Float[Tensor, "B T E"]:
        """Add the vectors of the places `first` … `first + T − 1`."""
        check_sequence("x", x, self.table)
        if first < 0:
            raise ValueError(f"first must be 0 or more, got {first}")
        last = first + x.shape[1]
        if last > len(self.table):
            raise ValueError(f"x reaches place {last}, but the table ends at {len(self.table)}")
        return x + self.table[first:last]
