"""Forgetting attention: each token decides how far the earlier ones fade (Lin et al., 2025)."""

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import checked
from attnlib.heads._projections import Projections, Turn
from attnlib.layout import merge_heads
from attnlib.masks import Causal, Mask, as_mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.precision import at_least_float32


class ForgettingAttention(Projections):
    """softmax(QKᵀ/√D + log decay)·V, causal, with a forget gate f = σ(x·w + b) per head.

    The decay between key j and query i is fⱼ₊₁·fⱼ₊₂ ⋯ fᵢ (section 3): that of a
    gated recurrence, inside a softmax. With every f = 1 it is causal attention; it needs no other
    positions. Every `mask` is combined with the causal one. No cache: the gates of earlier tokens
    would have to be kept too. The arguments are those of `MultiHeadAttention`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int | None = None,
        head_size: int | None = None,
        projection_bias: bool = True,
        attend: Attend | None = None,
        turn: Turn | None = None,
    ) -> None:
        super().__init__(
            size,
            heads,
            key_heads=key_heads,
            head_size=head_size,
            projection_bias=projection_bias,
            attend=attend,
            turn=turn,
        )
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
        kept = F.logsigmoid(at_least_float32(self.forget(x)).mT)  # log f, (B, H, T)
        seen = self.attend(query, key, value, mask=causal, bias=log_decay(kept))
        return self.output(merge_heads(seen.output).to(x.dtype))


@checked
def log_decay(log_kept: Float[Tensor, "B H T"]) -> Float[Tensor, "B H T T"]:
    """Row i, column j: Σ log f over the tokens j + 1 … i. Above the diagonal, where the causal mask
    hides it, its mirror image with the opposite sign."""
    total = log_kept.cumsum(dim=-1)
    return total.unsqueeze(-1) - total.unsqueeze(-2)
