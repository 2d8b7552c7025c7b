"""Chapter 09, find the bug: a pre-norm layer that normalizes its residual path."""

from typing import Any

import torch
from torch import Tensor

from course.exercises.building import for_encoder, my_encoder_layer
from course.exercises.in_code import in_code


def pre_norm_layer(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
    normed = layer.norm_1(x)
    x = x + layer.self_attention(normed, normed, allowed)
    return x + layer.feed_forward(layer.norm_2(x))


def as_given(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
    x = layer.norm_1(x)
    x = x + layer.self_attention(x, x, allowed)
    x = layer.norm_2(x)
    return x + layer.feed_forward(x)


def _first_alone(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
    normed = layer.norm_1(x)
    x = layer.norm_2(x + layer.self_attention(normed, normed, allowed))
    return x + layer.feed_forward(x)


def _second_alone(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
    x = layer.norm_1(x)
    x = x + layer.self_attention(x, x, allowed)
    return x + layer.feed_forward(layer.norm_2(x))


def _one_side(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
    x = x + layer.self_attention(layer.norm_1(x), x, allowed)
    return x + layer.feed_forward(layer.norm_2(x))


def _never_normed(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
    x = x + layer.self_attention(x, x, allowed)
    return x + layer.feed_forward(x)


PRE_NORM_LAYER = in_code(
    pre_norm_layer,
    for_encoder,
    tolerance=1e-4,
    known={
        "this is the code as it was given. Follow x from the first line to the first sum: "
        "what is added to what?": as_given,
        "the first sum is mended; the second still adds to a normalized x.": _first_alone,
        "the second sum is mended; the first still adds to a normalized x.": _second_alone,
        "that is post-norm, the layer of 2017. Asked for is pre-norm: x + part(norm(x)).": (
            my_encoder_layer
        ),
        "only the queries are normalized. Keys and values come from the same normalized x.": (
            _one_side
        ),
        "the norms are gone: each part still reads a normalized x.": _never_normed,
        "the padding is seen: hand `allowed` to the attention.": (
            lambda layer, x, allowed: pre_norm_layer(layer, x, torch.ones_like(allowed))
        ),
    },
    shape="(B, S, E), as before",
    axes=("sentence", "word", "number"),
    advice="not this: twice x + part(norm(x)), where x itself is never overwritten by a norm.",
    praise="The norm makes a copy for the part to read; x itself goes straight on.",
)
