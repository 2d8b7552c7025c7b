"""What a decoder keeps: the keys and values of the tokens so far, so that none is computed twice.

    key, value = cache.update(key, value)      append the new tokens', take back all there are

A cache belongs to one layer. Causal masks stand at the bottom right, so new queries over all keys
so far see just what they would have seen in one pass over the whole text: decoding equals prefill.
"""

from typing import Protocol

from jaxtyping import Float, Int
from torch import Tensor

from attnlib.caches._checks import (
    check_continues,
    check_kept,
    check_no_gradient,
    check_rows,
)
from attnlib.caches._memory import Memory
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

    Without a `capacity` it takes any length: where no gradient is wanted (`torch.no_grad()`) its
    memory doubles when it is full, so that a token is copied about twice in all; otherwise it grows
    by concatenation, and gradients pass. With one, memory for so many tokens is taken at once, and
    no gradient can pass, since what an earlier step saw is not kept.

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
        self._key = Memory(2, capacity)
        self._value = Memory(2, capacity)

    @property
    def length(self) -> int:
        """How many tokens came so far."""
        return self._key.length

    @checked
    def update(
        self, key: Float[Tensor, "B G T D"], value: Float[Tensor, "B G T Dv"]
    ) -> tuple[Float[Tensor, "B G S D"], Float[Tensor, "B G S Dv"]]:
        """Append the keys and values of T tokens; all S so far come back."""
        if self._key.room is not None and self._value.room is not None:
            check_continues("key", key, self._key.room)
            check_continues("value", value, self._value.room)
        if self.capacity is not None:
            check_no_gradient(key, value)
        return self._append(key, value)

    def _append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """`update` for a caller that knows what it hands in: only the room is looked at."""
        return self._key.append(key), self._value.append(value)

    def crop(self, length: int) -> None:
        """Forget all but the first `length` tokens: those after them did not come to stay.

        Raises ValueError unless there are so many.
        """
        check_kept(length, self.length)
        self._key.crop(length)
        self._value.crop(length)

    @checked
    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Go on with N sequences, the i-th of which has the past of sequence `rows[i]`.

        Raises ValueError for a row that is not there.
        """
        if self._key.room is not None:
            check_rows(rows, self._key.room)
        self._key.select(rows)
        self._value.select(rows)
