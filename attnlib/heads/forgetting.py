"""Forgetting attention: each token decides how far the earlier ones fade (Lin et al., 2025)."""

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.masks import Causal, Dense, Mask
from attnlib.masks._laying import blank_hidden
from attnlib.precision import at_least_float32


class ForgettingAttention(MultiHeadAttention):
    """softmax(QKᵀ/√D + log decay)·V, causal, with a forget gate f = σ(x·w + b) a head.

    The decay between key j and query i is fⱼ₊₁·fⱼ₊₂ ⋯ fᵢ (section 3): that of a
    gated recurrence, inside a softmax. With every f = 1 it is causal attention; it needs no other
    positions. Every `mask` is combined with the causal one.
    """

    def __init__(self, size: int, heads: int, *, bias: bool = True) -> None:
        super().__init__(size, heads, bias=bias)
        self.forget = nn.Linear(size, heads)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        context: Tensor | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B T E"]:
        if context is not None:
            raise ValueError("context must be None: forgetting runs along one sequence")
        if cache is not None:
            raise ValueError("cache must be None: the gates of earlier tokens are not kept")
        mask = Dense(mask) if isinstance(mask, Tensor) else mask
        x, _ = blank_hidden(x, None, mask)
        query, key, value = (at_least_float32(states) for states in self.project(x))
        kept = F.logsigmoid(at_least_float32(self.forget(x)).mT)  # log f, (B, H, T)
        causal = Causal() if mask is None else Causal() & mask
        seen = self.attend(query, key, value, mask=causal, bias=log_decay(kept))
        return self.output(merge_heads(seen.output).to(x.dtype))


@checked
def log_decay(log_kept: Float[Tensor, "B H T"]) -> Float[Tensor, "B H T T"]:
    """Row i, column j: Σ log f over the tokens j + 1 … i. Above the diagonal, where the causal mask
    hides it, its mirror image with the opposite sign."""
    total = log_kept.cumsum(dim=-1)
    return total.unsqueeze(-1) - total.unsqueeze(-2)
