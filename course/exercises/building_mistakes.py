"""Chapter 09, what goes wrong when one writes an encoder layer or a decoder layer, by name."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course.exercises.building import (
    OnEachWord,
    for_decoder,
    for_encoder,
    my_decoder_layer,
    my_encoder_layer,
)
from course.exercises.in_code import Function, in_code


def _post(norm: OnEachWord, part: OnEachWord, x: Tensor) -> Tensor:
    return norm(x + part(x))


def _pre(norm: OnEachWord, part: OnEachWord, x: Tensor) -> Tensor:
    return x + part(norm(x))


def _inside(norm: OnEachWord, part: OnEachWord, x: Tensor) -> Tensor:
    return x + norm(part(x))


def _past(x: Tensor) -> Tensor:
    return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()


def _encoder(way: Callable[..., Tensor]) -> Function:
    """An encoder layer that goes this way from x, with attention a, feed forward f, norms n, m."""

    def layer_of(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
        def attention(x: Tensor) -> Tensor:
            found: Tensor = layer.self_attention(x, x, allowed)
            return found

        return way(x, attention, layer.feed_forward, layer.norm_1, layer.norm_2)

    return layer_of


def _decoder(way: Callable[..., Tensor]) -> Function:
    """Likewise, with causal attention a, cross-attention c, feed forward f, norms n, m and l."""

    def layer_of(layer: Any, x: Tensor, memory: Tensor, allowed: Tensor) -> Tensor:
        def attention(x: Tensor) -> Tensor:
            found: Tensor = layer.self_attention(x, x, _past(x))
            return found

        def cross(x: Tensor) -> Tensor:
            found: Tensor = layer.cross_attention(x, memory, allowed)
            return found

        norms = layer.norm_1, layer.norm_2, layer.norm_3
        return way(x, attention, cross, layer.feed_forward, *norms)

    return layer_of


def _with_self_mask(mask: Callable[[Tensor, Tensor], Tensor | None]) -> Function:
    """A decoder layer whose self-attention gets another mask than the past."""

    def layer_of(layer: Any, x: Tensor, memory: Tensor, allowed: Tensor) -> Tensor:
        x = layer.norm_1(x + layer.self_attention(x, x, mask(x, allowed)))
        x = layer.norm_2(x + layer.cross_attention(x, memory, allowed))
        return _post(layer.norm_3, layer.feed_forward, x)

    return layer_of


def _with_cross(cross: Callable[..., Tensor]) -> Function:
    """A decoder layer with another cross-attention."""

    def layer_of(layer: Any, x: Tensor, memory: Tensor, allowed: Tensor) -> Tensor:
        x = layer.norm_1(x + layer.self_attention(x, x, _past(x)))
        x = layer.norm_2(x + cross(layer.cross_attention, x, memory, allowed))
        return _post(layer.norm_3, layer.feed_forward, x)

    return layer_of


ENCODER_LAYER = in_code(
    my_encoder_layer,
    for_encoder,
    tolerance=1e-4,  # float32, and numbers of up to about 10
    known={
        "the residual path is missing: what a part finds is added to x, then comes the norm.": (
            _encoder(lambda x, a, f, n, m: m(f(n(a(x)))))
        ),
        "the residual path is missing around the attention.": (
            _encoder(lambda x, a, f, n, m: _post(m, f, n(a(x))))
        ),
        "the residual path is missing around the feed-forward network.": (
            _encoder(lambda x, a, f, n, m: m(f(_post(n, a, x))))
        ),
        "that is pre-norm. In 2017 the norm stands after the sum: norm(x + …).": (
            _encoder(lambda x, a, f, n, m: _pre(m, f, _pre(n, a, x)))
        ),
        "the norm stands around what the part found. It stands around the sum: norm(x + …).": (
            _encoder(lambda x, a, f, n, m: _inside(m, f, _inside(n, a, x)))
        ),
        "the norms are missing: one follows each sum.": (
            _encoder(lambda x, a, f, n, m: (y := x + a(x)) + f(y))
        ),
        "the second norm is missing: one follows each sum.": (
            _encoder(lambda x, a, f, n, m: (y := _post(n, a, x)) + f(y))
        ),
        "the first norm is missing: one follows each sum.": (
            _encoder(lambda x, a, f, n, m: _post(m, f, x + a(x)))
        ),
        "the two norms are exchanged: each has a gain and a shift of its own.": (
            _encoder(lambda x, a, f, n, m: _post(n, f, _post(m, a, x)))
        ),
        "the feed-forward network comes first. It works on what attention has collected.": (
            _encoder(lambda x, a, f, n, m: _post(n, a, _post(m, f, x)))
        ),
        "the second sum adds the layer's input; it adds what came out of the first norm.": (
            _encoder(lambda x, a, f, n, m: m(x + f(_post(n, a, x))))
        ),
        "the feed-forward network reads the layer's input; it reads what the first norm gave.": (
            _encoder(lambda x, a, f, n, m: m(_post(n, a, x) + f(x)))
        ),
        "the feed-forward network is missing.": _encoder(lambda x, a, f, n, m: _post(n, a, x)),
        "the padding is seen: hand `allowed` to the attention.": (
            lambda layer, x, allowed: my_encoder_layer(layer, x, torch.ones_like(allowed))
        ),
    },
    shape="(B, S, E), as before",
    axes=("sentence", "word", "number"),
    advice="these are not the translator's numbers: attention, sum, norm; feed forward, sum, norm.",
    praise="These are the numbers of the trained translator, layer for layer.",
)

DECODER_LAYER = in_code(
    my_decoder_layer,
    for_decoder,
    tolerance=1e-4,
    known={
        "the causal mask is missing: a word sees those after it.": (
            _with_self_mask(lambda x, allowed: None)
        ),
        "the causal mask is upside down: a word sees itself and those after it.": (
            _with_self_mask(lambda x, allowed: _past(x).mT)
        ),
        "self-attention got the English padding as its mask. Its own is the causal one, (T, T).": (
            _with_self_mask(lambda x, allowed: allowed)
        ),
        "cross-attention looks at the French words: its context is the memory.": (
            _with_cross(lambda cross, x, memory, allowed: cross(x, x, allowed))
        ),
        "memory and target are exchanged: the French words ask, and look at the memory.": (
            _with_cross(lambda cross, x, memory, allowed: cross(memory, x, allowed))
        ),
        "the padding is seen: hand `allowed` to the cross-attention.": (
            _with_cross(lambda cross, x, memory, allowed: cross(x, memory))
        ),
        "cross-attention got the causal mask: a French word may see all of the English sentence.": (
            _with_cross(lambda cross, x, memory, allowed: cross(x, memory, _past(x)))
        ),
        "cross-attention is missing: the decoder never sees the English sentence.": (
            _decoder(lambda x, a, c, f, n, m, l: _post(l, f, _post(n, a, x)))
        ),
        "cross-attention comes first. The French words look at one another before they ask.": (
            _decoder(lambda x, a, c, f, n, m, l: _post(l, f, _post(n, a, _post(m, c, x))))
        ),
        "the feed-forward network comes before cross-attention; it comes last.": (
            _decoder(lambda x, a, c, f, n, m, l: _post(m, c, _post(l, f, _post(n, a, x))))
        ),
        "the feed-forward network is missing.": (
            _decoder(lambda x, a, c, f, n, m, l: _post(m, c, _post(n, a, x)))
        ),
        "the residual path is missing: what a part finds is added to x, then comes the norm.": (
            _decoder(lambda x, a, c, f, n, m, l: l(f(m(c(n(a(x)))))))
        ),
        "the residual path is missing around the cross-attention.": (
            _decoder(lambda x, a, c, f, n, m, l: _post(l, f, m(c(_post(n, a, x)))))
        ),
        "that is pre-norm. In 2017 the norm stands after the sum: norm(x + …).": (
            _decoder(lambda x, a, c, f, n, m, l: _pre(l, f, _pre(m, c, _pre(n, a, x))))
        ),
        "the norm stands around what the part found. It stands around the sum: norm(x + …).": (
            _decoder(lambda x, a, c, f, n, m, l: _inside(l, f, _inside(m, c, _inside(n, a, x))))
        ),
        "the norms are missing: one follows each sum.": (
            _decoder(lambda x, a, c, f, n, m, l: (z := (y := x + a(x)) + c(y)) + f(z))
        ),
        "norm 2 and norm 3 are exchanged: norm_2 belongs to the cross-attention.": (
            _decoder(lambda x, a, c, f, n, m, l: _post(m, f, _post(l, c, _post(n, a, x))))
        ),
    },
    shape="(B, T, E), as before",
    axes=("sentence", "word", "number"),
    advice="these are not the translator's numbers: self-attention, cross-attention, feed forward, "
    "each with its sum and norm.",
    praise="The masks are where the two layers differ: the future hidden, the English all open.",
)
