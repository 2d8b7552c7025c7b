"""Doge's dynamic mask: values say how much they want to be seen (Shi et al., 2025)."""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import blank_hidden, lay
from attnlib.sparse._best import best


class DynamicMaskAttention(MultiHeadAttention):
    """softmax(q·kᵀ/√D + b)·v, causal, over the `count` keys with the highest bias b.

        b_gj = exp(A_g · softplus([v_1j … v_Gj]·W_g))

    The bias is one number per key and key head g, made of its values; A is learned, one per g. Keys
    with little of it are not looked at, whatever the query (as transformers implements Doge).

    - `count`: how many keys a token sees; it sees all as long as there are no more.
    - The other arguments are those of `MultiHeadAttention`.
    """

    def __init__(self, size: int, heads: int, *, count: int, **options: Any) -> None:
        super().__init__(size, heads, **options)
        check_at_least(1, "count", count)
        self.count = count
        narrow = self.key_heads * self.head_size
        bias = self.output.bias is not None
        self.want = nn.Linear(narrow, self.key_heads, bias=bias)
        self.strength = nn.Parameter(torch.zeros(self.key_heads))  # A

    @checked
    def forward(  # type: ignore[override]
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None
    ) -> Float[Tensor, "B T E"]:
        rule = Causal() if mask is None else Causal() & as_mask(mask)
        x, _ = blank_hidden(x, None, rule)
        query, key, value = self.project(x)
        bias = self._bias(value)
        chosen = best(bias.expand(-1, -1, x.shape[1], -1), self.count, self._allowed(rule, query))
        seen = self.attend(query, key, value, mask=Dense(chosen), bias=bias)
        return self.output(merge_heads(seen.output))

    def _bias(self, value: Float[Tensor, "B G T D"]) -> Float[Tensor, "B H 1 T"]:
        """How much each key of each head's group wants to be seen."""
        want = F.softplus(self.want(merge_heads(value)))  # (B, T, G)
        bias = (self.strength * want).exp().mT.unsqueeze(2)
        return bias.repeat_interleave(self.heads // self.key_heads, dim=1)

    def _allowed(self, rule: Mask, query: Tensor) -> Bool[Tensor, "B H T T"]:
        return lay(rule, query, query).expand(*query.shape[:3], query.shape[2])
