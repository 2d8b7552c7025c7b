"""Forgetting attention: each token decides how far the earlier ones fade (Lin et al., 2025)."""

from typing import Unpack

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.heads._projections import Options, Projections
from attnlib.layout import merge_heads
from attnlib.masks import Causal, Mask, as_mask
from attnlib.masks._laying import blank_hidden, laid_once, unseen_keys
from attnlib.precision import at_least_float32


class ForgettingAttention(Projections):
    """softmax(QKᵀ/√D + log decay)·V, causal, with a forget gate f = σ(x·w + b) per head.

    The decay between key j and query i is fⱼ₊₁·fⱼ₊₂ ⋯ fᵢ (section 3): that of a
    gated recurrence, inside a softmax. With every f = 1 it is causal attention; it needs no other
    positions. Every `mask` is combined with the causal one; a token that no query may see makes
    nobody forget, f = 1. No cache: the gates of earlier tokens would have to be kept too. The
    arguments are those of `MultiHeadAttention`, but for a context's.
    """

    def __init__(self, size: int, heads: int, **options: Unpack[Options]) -> None:
        super().__init__(size, heads, context_size=size, **options)
        self.forget = nn.Linear(size, heads)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        causal = laid_once(Causal() if mask is None else Causal() & as_mask(mask))
        x, _ = blank_hidden(x, None, causal)
        query, key, value = (at_least_float32(states) for states in self.project(x))
        bias = log_decay(self._log_kept(x, causal))
        seen = self.attend(query, key, value, mask=causal, bias=bias)
        return self.output(merge_heads(seen.output).to(x.dtype))

    def _log_kept(self, x: Float[Tensor, "B T E"], mask: Mask) -> Float[Tensor, "B H T"]:
        """log f, of a token that no query may see 0."""
        log_kept = F.logsigmoid(at_least_float32(self.forget(x)).mT)
        unseen = unseen_keys(mask, x)
        return log_kept if unseen is None else log_kept.masked_fill(unseen, 0)


@checked
def log_decay(log_kept: Float[Tensor, "B H T"]) -> Float[Tensor, "B H T T"]:
    """Row i, column j: Σ log f over the tokens j + 1 … i; above the diagonal, which the causal mask
    hides, 0.

    Only the tokens between key and query are ever added up. The quicker difference of two running
    sums loses the digits of what is near after much that was forgotten, and of −∞ (f = 0, forget
    all) it makes NaN.
    """
    steps = log_kept.unsqueeze(-2).expand(*log_kept.shape, log_kept.shape[-1])
    return steps.triu(1).cumsum(dim=-1).mT  # added up along rows, which is quicker
