"""One token through a GPT or a Llama in straight code, for `generate`, which asks for thousands.

What `model(token, caches=caches, last=1)` computes, without what costs time and is known: checks of
shapes that stay the same, calls of modules, a mask that hides nothing from the newest token. The
query heads that share a key head stand as rows of one query.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.caches import Cache, KVCache, SlidingKVCache
from attnlib.heads import MultiHeadAttention
from attnlib.models import gpt, llama
from attnlib.models._plain import is_plain, turn_of
from attnlib.positions.rotary import angles, frequencies

Layer = gpt.Layer | llama.Layer
Step = Callable[[Float[Tensor, "B E"]], Float[Tensor, "B E"]]

ROOM = 256  # places whose turns are computed at once


def one_token(
    model: object, caches: Sequence[Cache], padding: Int[Tensor, " B"] | None = None
) -> Callable[[Int[Tensor, "B 1"]], Float[Tensor, "B V"]] | None:
    """From the newest token of each row to the logits of the next, over caches that hold the rest.

    None when the model, or what somebody has hung on it, asks for more than is computed here.
    """
    if not isinstance(model, gpt.GPT | llama.Llama) or not is_plain(model):
        return None
    own = cast(list[Layer], list(model.layers))
    if padding is not None and any(isinstance(cache, SlidingKVCache) for cache in caches):
        return None
    now = _Now(own[0].self_attention, padding)
    layers = [_layer(layer, cache, now) for layer, cache in zip(own, caches, strict=True)]
    table, norm = model.words.weight, _norm(model.norm)
    places = model.positions if isinstance(model, gpt.GPT) else None
    logits = (
        partial(F.linear, weight=table) if isinstance(model, gpt.GPT) else _linear(model.output)
    )

    def step(tokens: Int[Tensor, "B 1"]) -> Float[Tensor, "B V"]:
        place = caches[0].length
        x = F.embedding(tokens[:, 0], table)
        if isinstance(model, gpt.GPT):
            model.check_reach(place + 1)
        if places is not None:
            x = x + places.table[place if padding is None else place - padding]
        now.move_to(place)
        for layer in layers:
            x = layer(x)
        return logits(norm(x))

    return step


def _layer(layer: Layer, cache: Cache, now: "_Now") -> Step:
    look = _attention(layer.self_attention, cache, now)
    think = _feed_forward(layer) if isinstance(layer, gpt.Layer) else _swiglu(layer.feed_forward)
    first, second = _norm(layer.self_attention_norm), _norm(layer.feed_forward_norm)

    def step(x: Tensor) -> Tensor:
        x = x + look(first(x))
        return x + think(second(x))

    return step


def _attention(layer: MultiHeadAttention, cache: Cache, now: "_Now") -> Step:
    heads, key_heads, size = layer.heads, layer.key_heads, layer.head_size
    make_query, make_key, make_value, join = map(
        _linear, (layer.query, layer.key, layer.value, layer.output)
    )
    update = cache._append if type(cache) is KVCache else cache.update
    turned = layer.turn is not None

    def step(x: Float[Tensor, "B E"]) -> Float[Tensor, "B E"]:
        query = make_query(x).view(-1, heads, 1, size)
        key = make_key(x).view(-1, key_heads, 1, size)
        value = make_value(x).view(-1, key_heads, 1, size)
        if turned:
            query, key = now.turn(query), now.turn(key)
        rows = query.view(-1, key_heads, heads // key_heads, size)
        seen = F.scaled_dot_product_attention(rows, *update(key, value), attn_mask=now.allowed)
        return join(seen.reshape(-1, heads * size))

    return step


def _feed_forward(layer: gpt.Layer) -> Step:
    first, _, second = cast(Iterable[nn.Linear], layer.feed_forward)
    up, down = _linear(first), _linear(second)
    return lambda x: down(F.gelu(up(x), approximate="tanh"))


def _swiglu(layer: llama.SwiGLU) -> Step:
    gate, up, down = _linear(layer.gate), _linear(layer.up), _linear(layer.down)
    return lambda x: down(F.silu(gate(x)) * up(x))


def _linear(layer: nn.Linear) -> Step:
    matrix, bias = layer.weight.t(), layer.bias
    if bias is None:
        return lambda x: torch.mm(x, matrix)
    return lambda x: torch.addmm(bias, x, matrix)


def _norm(layer: nn.LayerNorm | nn.RMSNorm) -> Step:
    shape, weight = layer.normalized_shape, layer.weight
    if isinstance(layer, nn.RMSNorm):
        eps = layer.eps
        return lambda x: torch.rms_norm(x, shape, weight, eps)
    bias, small = layer.bias, layer.eps
    return lambda x: torch.layer_norm(x, shape, weight, bias, small)


class _Now:
    """What all heads and layers share at one place: its turns, and the keys that are no padding."""

    def __init__(self, layer: MultiHeadAttention, padding: Int[Tensor, " B"] | None) -> None:
        self.base, self.size, self.like = turn_of(layer), layer.head_size, layer.query.weight
        self.cos = self.sin = self.like.new_empty(0, self.size)
        self.first = None if padding is None else padding[:, None, None, None]
        self.allowed: Bool[Tensor, "B 1 1 S"] | None = None

    def move_to(self, place: int) -> None:
        if self.base is not None:
            if place >= len(self.cos):
                self._reckon(2 * place + ROOM, self.base)
            self.here = self.cos[place], self.sin[place]
        if self.first is not None:
            self.allowed = torch.arange(place + 1, device=self.first.device) >= self.first

    def turn(self, states: Float[Tensor, "B H 1 D"]) -> Float[Tensor, "B H 1 D"]:
        """(x, y) → (x cos − y sin, y cos + x sin) for the halves x and y of D (Su et al., 2021)."""
        cos, sin = self.here
        return torch.addcmul(states * cos, states.roll(self.size // 2, -1), sin)

    def _reckon(self, places: int, base: float) -> None:
        turns = frequencies(self.size, base=base)
        angle = angles(torch.arange(places, device=self.like.device), turns)
        self.cos = torch.cat((angle.cos(), angle.cos()), dim=-1).to(self.like.dtype)
        self.sin = torch.cat((-angle.sin(), angle.sin()), dim=-1).to(self.like.dtype)
