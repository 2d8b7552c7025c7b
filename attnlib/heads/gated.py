"""Gated attention: each head's output passes a gate that its own token sets (Qiu et al., 2025)."""

from collections.abc import Callable
from typing import Unpack

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads._projections import ContextOptions, Projections
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once


class GatedAttention(Projections):
    """output = ([head₁ … head_H] ⊙ σ(x·Wg)) · Wo, a gate for every number (section 2.2, G₁).

    Weights must sum to 1, a gated output need not: a head that finds nothing can close its gate and
    needs no token to dump its attention on.

    - `per_head`: one gate for all D numbers of a head, H · E weights in place of H · D · E.
    - `activation`: σ by default; Laguna has `torch.nn.functional.softplus`, which can also enlarge.
    - The other arguments are those of `MultiHeadAttention`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        per_head: bool = False,
        activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        **options: Unpack[ContextOptions],
    ) -> None:
        super().__init__(size, heads, **options)
        gates = self.heads if per_head else self.heads * self.head_size
        self.gate = nn.Linear(size, gates, bias=self.output.bias is not None)
        self.activation = activation

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        mask = laid_once(mask)
        x, context = blank_hidden(x, context, mask) if cache is None else (x, context)
        seen = self.attend(*self.project(x, context, cache), mask=mask, bias=bias)
        gate = split_heads(self.activation(self.gate(x)), self.heads)  # (B, H, Tq, D or 1)
        return self.output(merge_heads(seen.output * gate))
