"""Induced set attention: elements meet through a few learned points (Lee et al., 2019)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.sets.set_attention import CrossSetAttention


class InducedSetAttention(nn.Module):
    """ISAB(x) = MAB(x, h), h = MAB(points, x), with M learned points (equations 9 and 10).

    The points sum the set up, the elements read the summary: cost T · M instead of T².

    - `size`: E. `heads`: H. `points`: M.
    """

    def __init__(self, size: int, heads: int, *, points: int) -> None:
        super().__init__()
        check_at_least(1, "points", points)
        self.points = nn.Parameter(torch.empty(points, size))
        nn.init.xavier_uniform_(self.points)
        self.gather = CrossSetAttention(size, heads)
        self.spread = CrossSetAttention(size, heads)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH 1 T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        """`mask`: which elements of x there are."""
        check_sequence("x", x, self.points)
        points = self.points.expand(x.shape[0], -1, -1)
        mask = laid_once(mask)
        _, x = blank_hidden(points, x, mask)
        summary = self.gather(points, x, mask=mask)
        return self.spread(x, summary)
