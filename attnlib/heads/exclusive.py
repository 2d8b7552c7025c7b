"""Exclusive self-attention: a token takes nothing along its own value (Zhai, 2026).

What a token already is reaches the next layer by the residual connection; attention is left free
for what only the others know.
"""

from typing import Unpack

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads._projections import Options, Projections
from attnlib.layout import merge_heads, repeat_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.precision import at_least_float32


class ExclusiveAttention(Projections):
    """head = y − c · (y·v̂) v̂, y the head's attention, v̂ the token's own value at length 1.

    - `learned`: whether c is tanh of a learned number per head, at first 0, as in NeoMME; by
      default c = 1, as in the paper: the output is then orthogonal to the token's value.
    - The other arguments are those of `MultiHeadAttention`, but for a context's.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        learned: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(size, heads, context_size=size, **options)
        self.strength = nn.Parameter(torch.zeros(heads)) if learned else None

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #T #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B T E"]:
        mask = laid_once(mask)
        x = blank_hidden(x, None, mask)[0] if cache is None else x
        query, key, value = self.project(x, None, cache)
        seen = self.attend(query, key, value, mask=mask, bias=bias).output
        own = repeat_heads(value[:, :, value.shape[2] - x.shape[1] :], self.heads)
        strength = None if self.strength is None else self.strength.tanh()
        return self.output(merge_heads(exclude(seen, own, strength)))


@checked
def exclude(
    output: Float[Tensor, "B H T D"],
    own: Float[Tensor, "B H T D"],
    strength: Float[Tensor, " H"] | None = None,
) -> Float[Tensor, "B H T D"]:
    """Each output minus its part along the token's own value, times the head's strength."""
    direction = F.normalize(at_least_float32(own), dim=-1)
    along = (output * direction).sum(dim=-1, keepdim=True) * direction
    if strength is not None:
        along = strength.to(along).view(-1, 1, 1) * along
    return (output - along).to(output.dtype)
