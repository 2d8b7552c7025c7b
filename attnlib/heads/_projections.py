"""What all layers of heads have in common: the four projections, and the places of the tokens."""

from collections.abc import Callable
from typing import TypedDict

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.growing import Cache
from attnlib.checks import check_groups, check_sequence, checked, head_size_of
from attnlib.layout import split_heads

Turn = Callable[[Float[Tensor, "B H T D"], Int[Tensor, " T"]], Float[Tensor, "B H T D"]]


class Options(TypedDict, total=False):
    """The arguments of `MultiHeadAttention` that layers like it hand on."""

    key_heads: int | None
    head_size: int | None
    projection_bias: bool
    attend: Attend | None
    turn: Turn | None
    head_norm: Callable[[int], nn.Module] | None


class ContextOptions(Options, total=False):
    """The same, of layers that may look at something else than x."""

    context_size: int | None


class Projections(nn.Module):
    """Queries of H heads, keys and values of G, and the matrix that joins the H heads again.

    The arguments are those of `MultiHeadAttention`. `output` reads the heads side by side, head h
    in its columns h·D … (h + 1)·D − 1.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int | None = None,
        head_size: int | None = None,
        context_size: int | None = None,
        projection_bias: bool = True,
        attend: Attend | None = None,
        turn: Turn | None = None,
        head_norm: Callable[[int], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.head_size = head_size_of(size, heads, head_size)
        self.heads = heads
        self.key_heads = heads if key_heads is None else key_heads
        check_groups(self.heads, self.key_heads)

        context_size = size if context_size is None else context_size
        wide, narrow = self.heads * self.head_size, self.key_heads * self.head_size
        self.query = nn.Linear(size, wide, bias=projection_bias)
        self.key = nn.Linear(context_size, narrow, bias=projection_bias)
        self.value = nn.Linear(context_size, narrow, bias=projection_bias)
        self.output = nn.Linear(wide, size, bias=projection_bias)
        self.attend = Attend() if attend is None else attend
        self.turn = turn
        self.query_norm = nn.Identity() if head_norm is None else head_norm(self.head_size)
        self.key_norm = nn.Identity() if head_norm is None else head_norm(self.head_size)

    @checked
    def project(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        cache: Cache | None = None,
    ) -> tuple[Float[Tensor, "B H Tq D"], Float[Tensor, "B G Tk D"], Float[Tensor, "B G Tk D"]]:
        """Query and key of every head, turned by their places, and its value.

        With a cache, the keys and values are those of all tokens so far.
        """
        query, key, value = self._unturned(x, context, cache)
        return self._seen(*self._turned(query, key, cache), value, cache)

    def _unturned(
        self, x: Tensor, context: Tensor | None, cache: Cache | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        if context is not None and cache is not None:
            raise ValueError("cache keeps what x looks back at: it cannot go with a context")
        context = x if context is None else context
        check_sequence("x", x, self.query)
        check_sequence("context", context, self.key)
        if context.shape[0] != x.shape[0]:
            batch = context.shape[0]
            raise ValueError(f"context has batch size {batch}, but x has {x.shape[0]}")
        query = self.query_norm(split_heads(self.query(x), self.heads))
        return query, *self._key_and_value(context)

    def _key_and_value(self, context: Tensor) -> tuple[Tensor, Tensor]:
        key = self.key_norm(split_heads(self.key(context), self.key_heads))
        return key, split_heads(self.value(context), self.key_heads)

    def _turned(self, query: Tensor, key: Tensor, cache: Cache | None) -> tuple[Tensor, Tensor]:
        """Both turned by their places, which with a cache begin behind all that came."""
        if self.turn is None:
            return query, key
        before = 0 if cache is None else cache.length
        end = before + key.shape[2]
        places = torch.arange(before, end, device=key.device)
        asking = places
        if query.shape[2] != key.shape[2]:
            asking = torch.arange(end - query.shape[2], end, device=query.device)
        return self.turn(query, asking), self.turn(key, places)

    def _seen(
        self, query: Tensor, key: Tensor, value: Tensor, cache: Cache | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        return (query, key, value) if cache is None else (query, *cache.update(key, value))
