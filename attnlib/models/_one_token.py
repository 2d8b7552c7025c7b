"""One token through a GPT or a Llama in straight code, for `generate`, which asks for thousands.

What `model(token, caches=caches, last=1)` computes, without what costs time and is known: checks of
shapes that stay the same, calls of modules, a mask that hides nothing from the newest token. The
query heads that share a key head stand as rows of one query.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.caches import Cache, KVCache
from attnlib.heads import MultiHeadAttention
from attnlib.models import gpt, llama
from attnlib.models._plain import is_plain, turn_of
from attnlib.positions.rotary import angles, frequencies

Layer = gpt.Layer | llama.Layer
Step = Callable[[Float[Tensor, "B E"]], Float[Tensor, "B E"]]

ROOM = 256  # places whose turns are computed at once


def one_token(
    model: object, caches: Sequence[Cache]
) -> Callable[[Int[Tensor, "B 1"]], Float[Tensor, "B V"]] | None:
    """From the newest token of each row to the logits of the next, over caches that hold the rest.

    None when the model, or what somebody has hung on it, asks for more than is computed here.
    """
    if not isinstance(model, gpt.GPT | llama.Llama) or not is_plain(model):
        return None
    own = cast(list[Layer], list(model.layers))
    turns = _turns(own[0].self_attention)
    layers = [_layer(layer, cache, turns) for layer, cache in zip(own, caches, strict=True)]
    table, norm = model.words.weight, _norm(model.norm)
    places = model.positions if isinstance(model, gpt.GPT) else None
    output = table if isinstance(model, gpt.GPT) else model.output.weight

    def step(tokens: Int[Tensor, "B 1"]) -> Float[Tensor, "B V"]:
        place = caches[0].length
        x = F.embedding(tokens[:, 0], table)
        if isinstance(model, gpt.GPT):
            model.check_reach(place + 1)
        if places is not None:
            x = x + places.table[place]
        if turns is not None:
            turns.move_to(place)
        for layer in layers:
            x = layer(x)
        return F.linear(norm(x), output)

    return step


def _layer(layer: Layer, cache: Cache, turns: "_Turns | None") -> Step:
    look = _attention(layer.self_attention, cache, turns)
    think = _feed_forward(layer) if isinstance(layer, gpt.Layer) else _swiglu(layer.feed_forward)
    first, second = _norm(layer.self_attention_norm), _norm(layer.feed_forward_norm)

    def step(x: Tensor) -> Tensor:
        x = x + look(first(x))
        return x + think(second(x))

    return step


def _attention(layer: MultiHeadAttention, cache: Cache, turns: "_Turns | None") -> Step:
    heads, key_heads, size = layer.heads, layer.key_heads, layer.head_size
    make_query, make_key, make_value, join = map(
        _linear, (layer.query, layer.key, layer.value, layer.output)
    )
    update = cache._append if type(cache) is KVCache else cache.update

    def step(x: Float[Tensor, "B E"]) -> Float[Tensor, "B E"]:
        query = make_query(x).view(-1, heads, 1, size)
        key = make_key(x).view(-1, key_heads, 1, size)
        value = make_value(x).view(-1, key_heads, 1, size)
        if turns is not None:
            query, key = turns.turn(query), turns.turn(key)
        rows = query.view(-1, key_heads, heads // key_heads, size)
        seen = F.scaled_dot_product_attention(rows, *update(key, value))
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


def _turns(layer: MultiHeadAttention) -> "_Turns | None":
    base = turn_of(layer)
    return None if base is None else _Turns(layer.head_size, base, layer.query.weight)


class _Turns:
    """cos and sin of the angles of a place, the same for all heads and layers (Su et al., 2021)."""

    def __init__(self, head_size: int, base: float, like: Tensor) -> None:
        self.turns, self.like, self.half = frequencies(head_size, base=base), like, head_size // 2
        self.cos = self.sin = like.new_empty(0, head_size)

    def move_to(self, place: int) -> None:
        if place >= len(self.cos):
            angle = angles(torch.arange(2 * place + ROOM, device=self.like.device), self.turns)
            self.cos = torch.cat((angle.cos(), angle.cos()), dim=-1).to(self.like.dtype)
            self.sin = torch.cat((-angle.sin(), angle.sin()), dim=-1).to(self.like.dtype)
        self.here = self.cos[place], self.sin[place]

    def turn(self, states: Float[Tensor, "B H 1 D"]) -> Float[Tensor, "B H 1 D"]:
        """(x, y) → (x cos − y sin, y cos + x sin) for the halves x and y of D."""
        cos, sin = self.here
        return torch.addcmul(states * cos, states.roll(self.half, -1), sin)
