"""Gated attention: each head's output passes a gate that its own token sets (Qiu et al., 2025)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden


class GatedAttention(MultiHeadAttention):
    """output = ([head₁ … head_H] ⊙ σ(x·Wg)) · Wo, a gate for every number (section 2.2, G₁).

    Weights must sum to 1, a gated output need not: a head that finds nothing can close its gate and
    needs no token to dump its attention on. The other arguments are MultiHeadAttention's.
    """

    def __init__(
        self, size: int, heads: int, *, key_heads: int | None = None, bias: bool = True
    ) -> None:
        super().__init__(size, heads, key_heads=key_heads, bias=bias)
        self.gate = nn.Linear(size, self.heads * self.head_size, bias=bias)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        x, context = blank_hidden(x, context, mask) if cache is None else (x, context)
        seen = self.attend(*self.project(x, context, cache), mask=mask)
        return self.output(merge_heads(seen.output) * self.gate(x).sigmoid())
