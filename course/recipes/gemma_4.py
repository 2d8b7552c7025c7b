"""Gemma 4: keys that are values, and layers that read the keys of an earlier one."""

from functools import partial
from typing import Any

from torch import Tensor, nn

from attnlib import Attend
from attnlib.heads import BorrowingAttention, KeysAsValuesAttention
from attnlib.masks import Causal
from attnlib.positions import angles, proportional, turn
from course.recipes._weights import Weights, renamed
from course.recipes.grouped import NAMES


def options(config: Any) -> dict[str, Any]:
    """What its global layers share: no scale, p-RoPE, QK-norm."""
    rope = config.rope_parameters["full_attention"]
    size = config.per_layer_config["full_attention"].head_dim
    turns = proportional(size, share=rope["partial_rotary_factor"], base=rope["rope_theta"])
    return {
        "head_size": size,
        "projection_bias": False,
        "attend": Attend(scale=1.0),
        "turn": lambda states, places: turn(states, angles(places, turns), pairing="half"),
        "head_norm": partial(nn.RMSNorm, eps=config.rms_norm_eps),
    }


def own_keys(config: Any, weights: Weights) -> KeysAsValuesAttention:
    layer = KeysAsValuesAttention(
        config.hidden_size,
        config.num_attention_heads,
        key_heads=config.per_layer_config["full_attention"].num_key_value_heads,
        value_norm=partial(nn.RMSNorm, eps=config.rms_norm_eps, elementwise_affine=False),
        **options(config),
    )
    states = renamed(weights, NAMES)
    layer.to(states["query.weight"]).load_state_dict(states)
    return layer


def keys_as_values(config: Any, weights: Weights, x: Tensor) -> Tensor:
    return own_keys(config, weights)(x, mask=Causal())


def borrowed_keys(config: Any, weights: Weights, x: Tensor, before: Weights) -> Tensor:
    """`before`: the weights of the layer that makes the keys, here of the same x."""
    layer = BorrowingAttention(config.hidden_size, config.num_attention_heads, **options(config))
    states = renamed(weights, NAMES)
    layer.to(states["query.weight"]).load_state_dict(states)
    _, key, value = own_keys(config, before).project(x)
    return layer(x, key, value, mask=Causal())
