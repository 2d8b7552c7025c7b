"""Transformer-XL's positions: a sinusoid for each distance, by a projection (Dai et al., 2019)."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_goes_with, checked
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import blank_unseen, check_fits
from attnlib.positions._distances import distances, pick
from attnlib.positions._sinusoidal import sinusoidal


class DistanceSinusoids(nn.Module):
    """What a query asks, about the key's content and about its distance, and what it always asks.

        scoreᵢⱼ = [ (qᵢ + u) · kⱼ  +  (qᵢ + v) · W r(i − j) ] / √D

    (Dai et al., 2019, section 3.3; r is the sinusoid of Vaswani et al., 2017, E numbers long.)
    u, v: (H, D) and W: E → H·D are learned. It gives the query and the bias with which the one
    equation says this:

        query, bias = positions(query, key_length)
        attention(query, key, value, bias=bias)

    - `size`: E. `heads`: H. `head_size`: D.

    Given the attention's `mask`, it reads no query that sees nothing. The paper's keys come before
    the query; here r also takes negative distances, as in XLNet.
    Raises TypeError or ValueError when `size` is odd or the query is not (B, heads, T, head_size).
    """

    def __init__(self, size: int, heads: int, *, head_size: int) -> None:
        super().__init__()
        for name, number in (("heads", heads), ("head_size", head_size)):
            check_at_least(1, name, number)
        if size < 2 or size % 2:
            raise ValueError(f"size must be even, got {size}")
        self.size = size
        self.content = nn.Parameter(torch.zeros(heads, 1, head_size))  # u
        self.distance = nn.Parameter(torch.zeros(heads, 1, head_size))  # v
        self.project = nn.Linear(size, heads * head_size, bias=False)  # W

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key_length: int,
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> tuple[Float[Tensor, "B H Tq D"], Float[Tensor, "B H Tq Tk"]]:
        heads, _, head_size = self.content.shape
        if (query.shape[1], query.shape[3]) != (heads, head_size):
            raise ValueError(
                f"query has {query.shape[1]} heads of size {query.shape[3]}, "
                f"but these positions are for {heads} of {head_size}"
            )
        check_goes_with("query", query, self.content)
        query_length = query.shape[2]
        if mask is not None:
            allowed = as_mask(mask).dense(query_length, key_length, device=query.device)
            check_fits(allowed, query)
            query = blank_unseen(query, allowed.mT)
        waves = sinusoidal(
            query_length + key_length - 1,
            self.size,
            first=1 - query_length,  # the smallest i − j
            dtype=query.dtype,
            device=query.device,
        )
        away = self.project(waves).unflatten(-1, (heads, head_size)).transpose(0, 1)  # (H, N, D)
        choices = (query + self.distance) @ away.mT / math.sqrt(head_size)  # (B, H, Tq, N)
        index = distances(query_length, key_length, device=query.device) + query_length - 1
        return query + self.content, pick(choices, index)
