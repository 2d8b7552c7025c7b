"""GLM-5: latent attention to the tokens that an indexer chose."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from attnlib.layout import split_heads
from attnlib.masks import Dense
from attnlib.positions import rotate
from attnlib.sparse import lightning
from course.recipes._weights import Weights
from course.recipes.deepseek_v3 import latent


def chosen(config: Any, weights: Weights, x: Tensor, query_latent: Tensor) -> Dense:
    """The tokens that the indexer picks for each token."""
    from_matrix = {
        name: nn.functional.linear(states, weights[f"indexer.{name}.weight"])
        for name, states in (("wq_b", query_latent), ("wk", x), ("weights_proj", x))
    }
    key = nn.functional.layer_norm(
        from_matrix["wk"],
        (config.index_head_dim,),
        weights["indexer.k_norm.weight"],
        weights["indexer.k_norm.bias"],
        eps=1e-6,
    )
    by_place = partial(
        rotate,
        pairing="interleaved",
        rotary_size=config.qk_rope_head_dim,
        base=config.rope_parameters["rope_theta"],
    )
    places = torch.arange(x.shape[1])
    query = by_place(split_heads(from_matrix["wq_b"], config.index_n_heads), places)
    weight = from_matrix["weights_proj"].mT
    scores = lightning.index_scores(query, by_place(key.unsqueeze(1), places), weight)
    return lightning.select(scores, count=config.index_topk)


def glm_5(config: Any, weights: Weights, x: Tensor) -> Tensor:
    layer = latent(config, weights, base=config.rope_parameters["rope_theta"])
    query_latent = nn.Sequential(*list(layer.query.children())[:2])(x)
    return layer(x, mask=chosen(config, weights, x, query_latent))
