"""MiniMax-M3: grouped queries that look at blocks chosen by their best key."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from attnlib.heads import MultiHeadAttention
from attnlib.layout import split_heads
from attnlib.masks import Dense
from attnlib.positions import rotate
from attnlib.sparse import max_blocks
from course.recipes._weights import Weights, plus_one
from course.recipes.grouped import NAMES, load


def by_place(config: Any) -> Callable[[Tensor, Tensor], Tensor]:
    return partial(rotate, pairing="half", base=config.rope_parameters["rope_theta"])


def chosen(config: Any, weights: Weights, x: Tensor) -> Dense:
    """The blocks that the indexer picks for each token and each group of heads."""
    places, turn = torch.arange(x.shape[1]), by_place(config)
    states = []
    for name, heads in (("q", config.index_n_heads), ("k", 1)):
        made = split_heads(nn.functional.linear(x, weights[f"indexer.{name}_proj.weight"]), heads)
        norm = weights[f"indexer.{name}_norm.weight"] + 1
        normed = nn.functional.rms_norm(made, (config.index_head_dim,), norm, config.rms_norm_eps)
        states.append(turn(normed, places))
    return max_blocks.select(
        *states,
        heads=config.num_attention_heads,
        block=config.index_block_size,
        count=config.index_topk_blocks,
        local=config.index_local_blocks,
    )


def minimax_m3(config: Any, weights: Weights, x: Tensor) -> Tensor:
    layer = MultiHeadAttention(
        config.hidden_size,
        config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        head_size=config.head_dim,
        projection_bias=False,
        head_norm=partial(nn.RMSNorm, eps=config.rms_norm_eps),
        turn=by_place(config),
    )
    mask = chosen(config, weights, x)
    return load(layer, plus_one(weights, "q_norm", "k_norm"), NAMES)(x, mask=mask)
