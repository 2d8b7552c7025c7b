"""Differential attention, second form: one head minus a part of its neighbor (Ye et al., 2026)."""

from typing import Unpack

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import checked, head_size_of
from attnlib.heads._projections import ContextOptions, Projections
from attnlib.layout import merge_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once


class SecondDifferentialAttention(Projections):
    """headₕ = A₂ₕ·V − σ(x·wₕ) A₂ₕ₊₁·V: two query heads of the same key head, no norm behind them.

    The first form halves the heads of query and key. Here the query has twice as many heads, over
    keys and values of one size, so that any kernel computes the maps; and how much is taken away,
    λ = σ(x·w), is a number per token and head, not one for all.

    - `heads`: H of the output; there are 2H of the query. `head_size`: D, by default E/H.
    - The other arguments are those of `MultiHeadAttention`. `attend` sees the 2H heads.
    """

    def __init__(self, size: int, heads: int, **options: Unpack[ContextOptions]) -> None:
        options["head_size"] = head_size_of(size, heads, options.get("head_size"))
        if options.get("key_heads") is None:
            options["key_heads"] = heads
        super().__init__(size, 2 * heads, **options)
        bias = self.output.bias is not None
        self.output = nn.Linear(heads * self.head_size, size, bias=bias)
        self.taken = nn.Linear(size, heads, bias=bias)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #2H #Tq #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        """As `MultiHeadAttention`; a `bias` for each head is one for each of the 2H maps."""
        mask = laid_once(mask)
        x, context = blank_hidden(x, context, mask) if cache is None else (x, context)
        seen = self.attend(*self.project(x, context, cache), mask=mask, bias=bias)
        first, second = seen.output.unflatten(1, (-1, 2)).unbind(2)
        taken = self.taken(x).sigmoid().mT.unsqueeze(-1)  # λ (B, H, Tq, 1)
        return self.output(merge_heads(first - taken * second))
