"""A cache for a sliding window: of a long text only the last W tokens are kept.

    window 4, tokens 0 … 9     [8, 9, 6, 7]     token p lies in place p mod 4: a ring

A window of W counts the token itself, so a query needs the W − 1 keys before it. When a chunk of T
tokens comes, its first one needs the W − 1 before the chunk, even if the chunk is so long that its
own end fills the ring: so all that are needed are taken out before the ring is written.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues, check_no_gradient
from attnlib.checks import check_at_least, checked


class SlidingKVCache:
    """Keys (B, G, W, D) and values (B, G, W, Dv) of the last W tokens, in memory of that size.

        layer(x, mask=Causal() & Window(W), cache=SlidingKVCache(W))

    `length` counts all tokens so far, and so do places: keys are kept turned by their own. The mask
    must not see further than W: what has gone out of the ring is not there.

    `update` raises as that of `KVCache` with a capacity does, only that no length is too long.
    """

    def __init__(self, width: int) -> None:
        check_at_least(1, "width", width)
        self.width = width
        self.length = 0
        self._key: Tensor | None = None
        self._value: Tensor | None = None

    @checked
    def update(
        self, key: Float[Tensor, "B G T D"], value: Float[Tensor, "B G T Dv"]
    ) -> tuple[Float[Tensor, "B G S D"], Float[Tensor, "B G S Dv"]]:
        """Append T tokens; they come back behind the W − 1 before them, as many as there are."""
        if self._key is not None and self._value is not None:
            check_continues("key", key, self._key)
            check_continues("value", value, self._value)
        check_no_gradient(key, value)
        if self._key is None or self._value is None:
            self._key, self._value = self._memory(key), self._memory(value)
        seen = self._behind(self._key, key), self._behind(self._value, value)
        end = self.length + key.shape[2]
        first = max(self.length, end - self.width)  # of the chunk's tokens that stay
        places = torch.arange(first, end, device=key.device) % self.width
        self._key[:, :, places] = key[:, :, first - self.length :]
        self._value[:, :, places] = value[:, :, first - self.length :]
        self.length = end
        return seen

    def _behind(
        self, ring: Float[Tensor, "B G W D"], states: Float[Tensor, "B G T D"]
    ) -> Float[Tensor, "B G S D"]:
        """The new states, after those in the ring that the first of them still sees."""
        first = max(0, self.length - self.width + 1)
        places = torch.arange(first, self.length, device=ring.device) % self.width
        return torch.cat((ring[:, :, places], states), dim=2)

    def _memory(self, states: Float[Tensor, "B G T D"]) -> Float[Tensor, "B G W D"]:
        batch, heads, _, size = states.shape
        return states.new_empty(batch, heads, self.width, size)
