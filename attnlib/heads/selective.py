"""Selective attention: a token can tell the later ones to stop looking at an earlier one.

(Leviathan et al., 2024, section 3.) No parameters are added.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.masks import And, Causal, Dense, Mask
from attnlib.masks._laying import blank_hidden
from attnlib.precision import at_least_float32
from attnlib.scores import scaled_dot


class SelectiveAttention(MultiHeadAttention):
    """softmax(QKᵀ/√D − F)·V, causal, where F sums what the tokens before have masked.

    What a token masks is what the first head looks at. Every `mask` is combined with the causal
    one.
    """

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
            raise ValueError("context must be None: selection runs along one sequence")
        if cache is not None:
            raise ValueError("cache must be None: what earlier tokens masked is not kept")
        mask = Dense(mask) if isinstance(mask, Tensor) else mask
        x, _ = blank_hidden(x, None, mask)
        query, key, value = (at_least_float32(states) for states in self.project(x))
        causal: Mask = Causal() if mask is None else And(Causal(), mask)
        allowed = causal.dense(x.shape[1], device=x.device)[:, :1]
        masked = accumulated(scaled_dot(query[:, :1], key[:, :1]), allowed)
        seen = self.attend(query, key, value, mask=causal, bias=-masked)
        return self.output(merge_heads(seen.output).to(x.dtype))


@checked
def accumulated(
    scores: Float[Tensor, "B 1 T T"], allowed: Bool[Tensor, "#B 1 T T"]
) -> Float[Tensor, "B 1 T T"]:
    """Fᵢⱼ = Σ_{l<i} Sₗⱼ: how much the tokens before i have masked token j, from one head's scores.

    S is ReLU(scores) where token l may look; but nobody masks the first token, nor itself.
    """
    length = scores.shape[-1]
    places = torch.arange(length, device=scores.device)
    maskable = (places > 0) & (places[:, None] != places)
    selected = scores.masked_fill(~(allowed & maskable), 0).relu()
    return selected.cumsum(dim=-2) - selected
