"""DeepSeek-V3: multi-head latent attention."""

from typing import Any

from torch import Tensor

from attnlib.heads import LatentAttention
from attnlib.masks import Causal
from course.recipes._weights import Weights, renamed

NAMES = {
    "query": "q_proj",  # of a model whose queries have no latent
    "query.0": "q_a_proj",
    "query.1": "q_a_layernorm",
    "query.2": "q_b_proj",
    "norm": "kv_a_layernorm",
    "output": "o_proj",
}


def latent(config: Any, weights: Weights, **options: Any) -> LatentAttention:
    """The layer with a model's sizes and weights; keys and values stand there in one matrix."""
    layer = LatentAttention(
        config.hidden_size,
        config.num_attention_heads,
        head_size=config.qk_nope_head_dim,
        value_head_size=config.v_head_dim,
        latent_size=config.kv_lora_rank,
        rotary_size=config.qk_rope_head_dim,
        query_latent_size=getattr(config, "q_lora_rank", None),
        **options,
    )
    down = weights["kv_a_proj_with_mqa.weight"].split(
        [config.kv_lora_rank, config.qk_rope_head_dim]
    )
    both = weights["kv_b_proj.weight"].unflatten(0, (config.num_attention_heads, -1))
    key, value = both.split([config.qk_nope_head_dim, config.v_head_dim], dim=1)
    states = renamed(weights, NAMES)
    states |= {"down.weight": down[0], "rotary_key.weight": down[1]}
    states |= {"up_key.weight": key.flatten(0, 1), "up_value.weight": value.flatten(0, 1)}
    layer.to(down[0]).load_state_dict(states)
    return layer


def deepseek_v3(config: Any, weights: Weights, x: Tensor) -> Tensor:
    base = config.rope_parameters["rope_theta"]
    return latent(config, weights, base=base)(x, mask=Causal())
