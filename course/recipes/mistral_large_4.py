"""Mistral Large 4: latent attention to chosen tokens, sharper the further in the text.

The release multiplies RoPE's frequencies by learned factors, too, which begin at 1, as here.
"""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from attnlib.layout import split_heads
from attnlib.masks import Dense
from attnlib.normalizers import softmax
from attnlib.positions import rotate
from attnlib.sparse import lightning
from course.recipes._weights import Weights
from course.recipes.deepseek_v3 import latent


def sharpness(weights: Weights, name: str, x: Tensor) -> Tensor:
    """a·log n + b for each head and token n = 1, 2, …, by which its scores are multiplied."""
    length = torch.arange(1, x.shape[1] + 1).to(x).log().unsqueeze(-1)  # (T, 1)
    scale, bias = (weights[f"{name}.{part}"].view(-1, 1, 1) for part in ("scale", "bias"))
    return scale * length + bias  # (H, T, 1)


def chosen(config: Any, weights: Weights, x: Tensor) -> Dense:
    """The tokens that the indexer picks for each token; it asks with x itself, normed."""

    def normed(states: Tensor, name: str) -> Tensor:
        weight, bias = (weights[f"indexer.{name}.{part}"] for part in ("weight", "bias"))
        return F.layer_norm(states, states.shape[-1:], weight, bias, eps=1e-6)

    query = F.linear(normed(x, "q_input_norm"), weights["indexer.wq_b.weight"])
    query = split_heads(query, config.index_n_heads)
    query = query * sharpness(weights, "indexer.softmax_scaling", x)
    key = normed(F.linear(x, weights["indexer.wk.weight"]), "k_norm").unsqueeze(1)
    by_place = partial(
        rotate,
        pairing="interleaved",
        rotary_size=config.qk_rope_head_dim,
        base=config.rope_parameters["rope_theta"],
    )
    places = torch.arange(x.shape[1])
    weight = F.linear(x, weights["indexer.weights_proj.weight"]).mT
    scores = lightning.index_scores(by_place(query, places), by_place(key, places), weight)
    return lightning.select(scores, count=config.index_topk)


def mistral_large_4(config: Any, weights: Weights, x: Tensor) -> Tensor:
    factor = sharpness(weights, "softmax_scaling", x)
    base, eps = config.rope_parameters["rope_theta"], config.rms_norm_eps
    layer = latent(config, weights, base=base, eps=eps)
    layer.attend.normalize = lambda scores, allowed: softmax(factor * scores, allowed)
    return layer(x, mask=chosen(config, weights, x))
