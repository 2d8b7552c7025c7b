"""What a decoder keeps: the keys and values of the tokens so far, so that none is computed twice.

    key, value = cache.update(key, value)      append the new tokens', take back all there are

A cache belongs to one layer. Causal masks stand at the bottom right, so new queries over all keys
so far see just what they would have seen in one pass over the whole text: decoding equals prefill.
"""

from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues, check_no_gradient, check_room
from attnlib.checks import check_at_least, checked


class Cache(Protocol):
    """What `MultiHeadAttention(…)(x, cache=…)` takes."""

    @property
    def length(self) -> int:
        """How many tokens came so far."""

    def update(
        self, key: Float[Tensor, "B G T D"], value: Float[Tensor, "B G T Dv"]
    ) -> tuple[Float[Tensor, "B G S D"], Float[Tensor, "B G S Dv"]]: ...


class KVCache:
    """Keys (B, G, T, D) and values (B, G, T, Dv) of all tokens so far.

    Without a `capacity` it grows by concatenation: any length, and gradients pass. With one,
    memory for so many tokens is taken at once and written in place: a step copies only its own
    tokens, and no gradient can pass, since what an earlier step saw is not kept.

        >>> layer, cache = MultiHeadAttention(8, heads=2), KVCache()
        >>> for token in torch.zeros(1, 3, 8).split(1, dim=1):
        ...     _ = layer(token, mask=Causal(), cache=cache)
        >>> cache.length
        3

    What `update` refuses leaves the cache as it was. It raises ValueError when shapes do not
    continue those before or the capacity is passed, TypeError for another dtype, RuntimeError for a
    gradient through memory written in place.
    """

    def __init__(self, capacity: int | None = None) -> None:
        if capacity is not None:
            check_at_least(1, "capacity", capacity)
        self.capacity = capacity
        self.length = 0
        self._key: Tensor | None = None
        self._value: Tensor | None = None

    @checked
    def update(
        self, key: Float[Tensor, "B G T D"], value: Float[Tensor, "B G T Dv"]
    ) -> tuple[Float[Tensor, "B G S D"], Float[Tensor, "B G S Dv"]]:
        """Append the keys and values of T tokens; all S so far come back."""
        if self._key is not None and self._value is not None:
            check_continues("key", key, self._key)
            check_continues("value", value, self._value)
        if self.capacity is not None:
            check_room(self.capacity, self.length, key.shape[2])
            check_no_gradient(key, value)
        if self._key is None or self._value is None:
            self._key, self._value = self._memory(key), self._memory(value)
        end = self.length + key.shape[2]
        if self.capacity is None:
            self._key = torch.cat((self._key, key), dim=2)
            self._value = torch.cat((self._value, value), dim=2)
        else:
            self._key[:, :, self.length : end] = key
            self._value[:, :, self.length : end] = value
        self.length = end
        return self._key[:, :, :end], self._value[:, :, :end]

    def _memory(self, states: Float[Tensor, "B G T D"]) -> Float[Tensor, "B G S D"]:
        batch, heads, _, size = states.shape
        return states.new_empty(batch, heads, self.capacity or 0, size)
