"""Pooling by attention: a few learned seeds ask what the set holds (Lee et al., 2019)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.sets.set_attention import CrossSetAttention


class AttentionPooling(nn.Module):
    """PMA(x) = MAB(seeds, rFF(x)): any number of elements becomes K of them (equation 11).

    Like a mean or a maximum it does not depend on their order, but it learns what to look for.

    - `size`: E. `heads`: H. `seeds`: K.
    """

    def __init__(self, size: int, heads: int, *, seeds: int = 1) -> None:
        super().__init__()
        check_at_least(1, "seeds", seeds)
        self.seeds = nn.Parameter(torch.empty(seeds, size))
        nn.init.xavier_uniform_(self.seeds)
        self.forward_layer = nn.Sequential(nn.Linear(size, size), nn.ReLU())
        self.block = CrossSetAttention(size, heads)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH 1 T"] | None = None,
    ) -> Float[Tensor, "B K E"]:
        """`mask`: which elements of x there are."""
        check_sequence("x", x, self.seeds)
        seeds = self.seeds.expand(x.shape[0], -1, -1)
        mask = laid_once(mask)
        _, x = blank_hidden(seeds, x, mask)
        return self.block(seeds, self.forward_layer(x), mask=mask)
