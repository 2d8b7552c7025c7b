"""DeepSeek-V4: one state as key and value of all heads, and entries made of many tokens."""

from typing import Any

from torch import Tensor

from attnlib.heads import SharedStateAttention
from attnlib.masks import Causal, Window
from attnlib.sparse.compressed_sparse import CompressedSparseAttention
from attnlib.sparse.heavily_compressed import HeavilyCompressedAttention
from course.recipes._weights import Weights, renamed

NAMES = {
    "query_latent.0": "q_a_proj",
    "query_latent.1": "q_a_norm",
    "query": "q_b_proj",
    "state": "kv_proj",
    "norm": "kv_norm",
    "output.1": "o_b_proj",
    "attend.normalize.sink": "sinks",
    "index_query": "compressor.indexer.q_b_proj",
    "index_weight": "compressor.indexer.scorer.weights_proj",
}
WINDOWS = {"content": "kv_proj", "gate": "gate_proj", "places": "position_bias", "norm": "kv_norm"}


def sizes(config: Any) -> dict[str, Any]:
    return {
        "head_size": config.head_dim,
        "rotary_size": config.qk_rope_head_dim,
        "query_latent_size": config.q_lora_rank,
        "output_groups": config.o_groups,
        "output_latent_size": config.o_lora_rank,
    }


def load(layer: SharedStateAttention, config: Any, weights: Weights) -> SharedStateAttention:
    """The layer with a model's weights."""
    names = dict(NAMES)
    for ours, theirs in (("compress", "compressor"), ("index_entries", "compressor.indexer")):
        names |= {f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in WINDOWS.items()}
    states = renamed(weights, names)
    states["output.0.weight"] = weights["o_a_proj.weight"].unflatten(0, (config.o_groups, -1))
    layer.to(states["norm.weight"]).load_state_dict(states)
    return layer


def sliding(config: Any, weights: Weights, x: Tensor) -> Tensor:
    layer = SharedStateAttention(
        config.hidden_size, config.num_attention_heads, base=config.rope_theta, **sizes(config)
    )
    mask = Causal() & Window(config.sliding_window)
    return load(layer, config, weights)(x, mask=mask)


def heavily_compressed(config: Any, weights: Weights, x: Tensor) -> Tensor:
    layer = HeavilyCompressedAttention(
        config.hidden_size,
        config.num_attention_heads,
        length=config.compress_rates["heavily_compressed_attention"],
        window=config.sliding_window,
        base=config.compress_rope_theta,
        **sizes(config),
    )
    return load(layer, config, weights)(x)


def compressed_sparse(config: Any, weights: Weights, x: Tensor) -> Tensor:
    layer = CompressedSparseAttention(
        config.hidden_size,
        config.num_attention_heads,
        length=config.compress_rates["compressed_sparse_attention"],
        window=config.sliding_window,
        count=config.index_topk,
        index_heads=config.index_n_heads,
        index_size=config.index_head_dim,
        base=config.compress_rope_theta,
        **sizes(config),
    )
    return load(layer, config, weights)(x)
