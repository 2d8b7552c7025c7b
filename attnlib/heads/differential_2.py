"""Differential attention, second form: one head minus a part of its neighbor (Ye et al., 2026)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.growing import Cache
from attnlib.checks import check_at_least, checked
from attnlib.heads._projections import Projections, Turn
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

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int | None = None,
        head_size: int | None = None,
        context_size: int | None = None,
        projection_bias: bool = True,
        attend: Attend | None = None,
        turn: Turn | None = None,
    ) -> None:
        check_at_least(1, "heads", heads)
        if head_size is None and size % heads:
            raise ValueError(f"size {size} does not divide into {heads} heads")
        super().__init__(
            size,
            2 * heads,
            key_heads=heads if key_heads is None else key_heads,
            head_size=size // heads if head_size is None else head_size,
            context_size=context_size,
            projection_bias=projection_bias,
            attend=attend,
            turn=turn,
        )
        self.output = nn.Linear(heads * self.head_size, size, bias=projection_bias)
        self.taken = nn.Linear(size, heads, bias=projection_bias)

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
