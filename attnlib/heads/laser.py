"""LASER: attention on exponentials of the values, of which the logarithm comes out.

(Duvvuri & Dhillon, 2024.) The gradient of a softmax is small where its weights are close to 0 or 1,
as most are; through the exponential of the values it is larger.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads._projections import Projections
from attnlib.layout import merge_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once, lay, seen_keys, visible
from attnlib.precision import at_least_float32


class LaserAttention(Projections):
    """head = log(A · exp(V)), computed as log(A · exp(V − m)) + m, m the largest value per channel
    of those that anybody sees.

    A soft maximum: between the mean of what is looked at and its largest value, channel by channel.
    A value far below m (by more than 87 in float32) counts for nothing; a query that sees nothing
    gets 0. The arguments are those of `MultiHeadAttention`.
    """

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
        query, key, value = (at_least_float32(y) for y in self.project(x, context, cache))
        if value.shape[2] == 0:
            return self.output(merge_heads(query * 0).to(x.dtype))
        allowed = visible(None if mask is None else lay(mask, query, key), bias)
        if allowed is not None:
            value = value.masked_fill(~seen_keys(allowed, self.key_heads), -torch.inf)
        largest = value.detach().amax(dim=2, keepdim=True).clamp_min(torch.finfo(value.dtype).min)
        seen = self.attend(query, key, (value - largest).exp(), mask=mask, bias=bias).output
        nothing = seen <= torch.finfo(seen.dtype).tiny
        shift = largest.repeat_interleave(self.heads // self.key_heads, dim=1)
        logarithm = (seen.masked_fill(nothing, 1).log() + shift).masked_fill(nothing, 0)
        return self.output(merge_heads(logarithm).to(x.dtype))
