"""Value residual: later layers look at a mixture with the first layer's values (Zhou et al., 2024).

Deep layers tend to look at the same few tokens. With v₁ in the mixture they still read what every
token was at the start.
"""

from typing import Unpack

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_goes_with, checked
from attnlib.heads._projections import Options, Projections
from attnlib.layout import merge_heads
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import blank_hidden, blank_unseen, laid_once


class ValueResidualAttention(Projections):
    """attention(q, k, λ v + (1 − λ) v₁), λ = σ(x·w + b) per token and key head.

    v₁ are the first layer's values, `first_layer.project(x)[2]`. The paper's λ is one learned
    number per layer: that is w = 0. The arguments are those of `MultiHeadAttention`, but for a
    context's. No cache: the first layer's values are to be kept by the first layer.
    """

    def __init__(self, size: int, heads: int, **options: Unpack[Options]) -> None:
        super().__init__(size, heads, context_size=size, **options)
        self.mix = nn.Linear(size, self.key_heads)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        first: Float[Tensor, "B G T D"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
        bias: Float[Tensor, "#B #H #T #T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        """Raises ValueError when `first` is not of this layer's heads and size."""
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask)
        query, key, value = self.project(x)
        if first.shape != value.shape:
            raise ValueError(
                f"first must be of {value.shape[1]} heads of size {value.shape[3]}, "
                f"got {first.shape[1]} of {first.shape[3]}"
            )
        check_goes_with("first", first, self.value)
        if mask is not None and not as_mask(mask).sees_itself():
            first = blank_unseen(first, as_mask(mask).dense(x.shape[1], device=x.device))
        own = self.mix(x).sigmoid().mT.unsqueeze(-1)  # (B, G, T, 1)
        mixed = torch.lerp(first.to(value.dtype), value, own)  # under autocast they may differ
        seen = self.attend(query, key, mixed, mask=mask, bias=bias)
        return self.output(merge_heads(seen.output))
