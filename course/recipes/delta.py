"""Qwen3-Next and Kimi Linear: three layers of four carry a state, the fourth one attends."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attnlib.heads import GatedAttention
from attnlib.layout import merge_heads, split_heads
from attnlib.linear import gated_delta, kimi_delta
from attnlib.masks import Causal
from attnlib.positions import rotate
from course.recipes._weights import Weights, plus_one
from course.recipes.deepseek_v3 import latent
from course.recipes.grouped import NAMES, load


def qwen3_next(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """The fourth: gated output, QK-norm, and a part of each head turns."""
    rope = config.rope_parameters
    layer = GatedAttention(
        config.hidden_size,
        config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        head_size=config.head_dim,
        projection_bias=config.attention_bias,
        head_norm=partial(nn.RMSNorm, eps=config.rms_norm_eps),
        turn=partial(
            rotate,
            pairing="half",
            rotary_size=int(config.head_dim * rope["partial_rotary_factor"]),
            base=rope["rope_theta"],
        ),
    )
    both = weights["q_proj.weight"].unflatten(0, (config.num_attention_heads, 2, -1))
    query, gate = (part.flatten(0, 1) for part in both.unbind(1))
    parts = {**weights, "q_proj.weight": query, "gate.weight": gate}
    names = {**NAMES, "gate": "gate"}
    return load(layer, plus_one(parts, "q_norm", "k_norm"), names)(x, mask=Causal())


def qwen3_next_delta(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """Gated DeltaNet behind a short convolution; a gated norm of each head's output."""
    key_heads, heads = config.linear_num_key_heads, config.linear_num_value_heads
    shared = heads // key_heads
    sizes = [config.linear_key_head_dim] * 2 + [shared * config.linear_value_head_dim] * 2
    mixed = F.linear(x, weights["in_proj_qkvz.weight"]).unflatten(-1, (key_heads, -1))
    query, key, value, gate = (part.flatten(2) for part in mixed.split(sizes, dim=-1))
    b, a = F.linear(x, weights["in_proj_ba.weight"]).unflatten(-1, (key_heads, -1)).chunk(2, dim=-1)

    states = short_convolution((query, key, value), weights["conv1d.weight"])
    query, key, value = map(split_heads, states, (key_heads, key_heads, heads))
    rate = weights["A_log"].exp() * F.softplus(a.flatten(2) + weights["dt_bias"])
    write = b.flatten(2).sigmoid().mT
    output, _ = gated_delta.recurrent(unit(query, scaled=True), unit(key), value, -rate.mT, write)
    normed = normed_heads(output, weights["norm.weight"], config)
    gated = normed * F.silu(split_heads(gate, heads))
    return F.linear(merge_heads(gated), weights["out_proj.weight"])


def kimi_linear(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """The fourth: latent attention without positions."""
    return latent(config, weights, pairing=None)(x, mask=Causal())


def kimi_linear_delta(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """Kimi delta attention: as above, with a gate for each channel."""
    heads = config.linear_num_heads
    made = [F.linear(x, weights[f"{name}_proj.weight"]) for name in ("q", "k", "v")]
    query, key, value = (
        split_heads(states, heads) for states in short_convolution(made, weights["conv1d.weight"])
    )
    faded = through(x, weights, "forget_gate.f_a_proj", "forget_gate.f_b_proj")
    rate = F.softplus(split_heads(faded + weights["forget_gate.dt_bias"], heads))
    rate = rate * weights["forget_gate.A_log"].exp().view(-1, 1, 1)
    write = F.linear(x, weights["b_proj.weight"]).sigmoid().mT
    output, _ = kimi_delta.recurrent(unit(query, scaled=True), unit(key), value, -rate, write)
    gate = split_heads(through(x, weights, "g_a_proj", "g_b_proj"), heads).sigmoid()
    normed = normed_heads(output, weights["o_norm.weight"], config)
    return F.linear(merge_heads(normed * gate), weights["o_proj.weight"])


def short_convolution(states: Any, weight: Tensor) -> list[Tensor]:
    """Each channel mixed with its last few tokens, then SiLU."""
    sizes = [one.shape[-1] for one in states]
    channels, _, width = weight.shape
    flat = F.pad(torch.cat(list(states), dim=-1).mT, (width - 1, 0))
    return list(F.silu(F.conv1d(flat, weight, groups=channels)).mT.split(sizes, dim=-1))


def unit(states: Tensor, *, scaled: bool = False) -> Tensor:
    """To length 1, as these models do it: 10⁻⁶ under the root; the query also times 1/√D."""
    length = (states.square().sum(dim=-1, keepdim=True) + 1e-6).sqrt()
    return states / length / (states.shape[-1] ** 0.5 if scaled else 1)


def through(x: Tensor, weights: Weights, down: str, up: str) -> Tensor:
    return F.linear(F.linear(x, weights[f"{down}.weight"]), weights[f"{up}.weight"])


def normed_heads(states: Tensor, weight: Tensor, config: Any) -> Tensor:
    return F.rms_norm(states, (states.shape[-1],), weight, config.rms_norm_eps)
