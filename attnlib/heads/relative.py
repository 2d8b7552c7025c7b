"""Relative positions of keys and values: a vector for each distance (Shaw et al., 2018)."""

import math
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.attended import Attended
from attnlib.checks import check_goes_with, checked
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import blank_unseen
from attnlib.positions._distances import distances, pick


class RelativeAttention(nn.Module):
    """Keys and values know how far they are: aᴷ and aⱽ for each distance clipped to ±`longest`.

        scoreᵢⱼ  = qᵢ · (kⱼ + aᴷᵢⱼ) / √D
        outputᵢ  = Σⱼ weightᵢⱼ (vⱼ + aⱽᵢⱼ)

    (Shaw et al., 2018, equations 3 and 4; the tables are shared by all heads.) The first is a bias
    made from the query. The second needs no vector for each pair: the weights are added up by
    distance. So the Attended it returns has output = weights · value + the part of aⱽ.

    - `size`: D, of query and key. `value_size`: Dv, by default D.

    Raises ValueError when `longest` is less than 1 or the sizes do not fit.
    """

    def __init__(self, size: int, *, longest: int, value_size: int | None = None) -> None:
        super().__init__()
        if longest < 1:
            raise ValueError(f"longest must be at least 1, got {longest}")
        self.longest = longest
        self.key_table = nn.Parameter(torch.empty(2 * longest + 1, size))
        self.value_table = nn.Parameter(torch.empty(2 * longest + 1, value_size or size))
        nn.init.normal_(self.key_table, std=0.02)
        nn.init.normal_(self.value_table, std=0.02)
        self.attend = Attend(impl="reference")

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk D"],
        value: Float[Tensor, "B G Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> Attended:
        for name, states, table in (
            ("query", query, self.key_table),
            ("value", value, self.value_table),
        ):
            if states.shape[-1] != table.shape[1]:
                raise ValueError(
                    f"{name} has size {states.shape[-1]}, but the table has {table.shape[1]}"
                )
            check_goes_with(name, states, table)
        away = distances(query.shape[2], key.shape[2], device=query.device)
        index = self.longest - away.clamp(-self.longest, self.longest)  # j − i, from 0

        mask, asking = as_mask(mask), query
        if mask is not None:
            allowed = mask.dense(query.shape[2], key.shape[2], device=query.device)
            asking = blank_unseen(query, allowed.mT)
        bias = pick(asking @ self.key_table.mT, index) / math.sqrt(query.shape[-1])
        seen = self.attend(query, key, value, mask=mask, bias=bias)

        weights = seen.rows(slice(None))
        by_distance = weights.new_zeros(*query.shape[:3], self.value_table.shape[0])
        by_distance = by_distance.scatter_add(-1, index.expand_as(weights), weights)
        added = (by_distance @ self.value_table.to(by_distance)).to(value)
        return replace(seen, output=seen.output + added)
