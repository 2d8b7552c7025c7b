"""Gemma 3, gpt-oss, Llama 4: grouped queries with a norm, a normalizer or a mask of their own."""

from functools import partial
from typing import Any

from torch import Tensor, nn

from attnlib import Attend
from attnlib.heads import MultiHeadAttention
from attnlib.masks import Causal, Chunk, Window
from attnlib.normalizers import LearnedSink, TemperatureTuned
from attnlib.positions import angles, rotate, turn, yarn, yarn_scale
from course.recipes._weights import Weights, plus_one, renamed

NAMES = {
    "query": "q_proj",
    "key": "k_proj",
    "value": "v_proj",
    "output": "o_proj",
    "query_norm": "q_norm",
    "key_norm": "k_norm",
}


def grouped(config: Any, **options: Any) -> MultiHeadAttention:
    return MultiHeadAttention(
        config.hidden_size,
        config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        head_size=config.head_dim,
        projection_bias=config.attention_bias,
        **options,
    )


def load(layer: nn.Module, weights: Weights, names: dict[str, str] = NAMES) -> Any:
    """The layer with a model's weights."""
    states = renamed(weights, names)
    layer.to(states["query.weight"]).load_state_dict(states)
    return layer


def gemma_3(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """A sliding layer: QK-norm, and a scale that the config says."""
    rope = config.rope_parameters["sliding_attention"]
    layer = grouped(
        config,
        attend=Attend(scale=config.query_pre_attn_scalar**-0.5),
        head_norm=partial(nn.RMSNorm, eps=config.rms_norm_eps),
        turn=partial(rotate, pairing="half", base=rope["rope_theta"]),
    )
    mask = Causal() & Window(config.sliding_window)
    return load(layer, plus_one(weights, "q_norm", "k_norm"))(x, mask=mask)


def gpt_oss(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """A sliding layer: a learned sink per head, and YaRN's slower turns and sharper scores."""
    rope = config.rope_parameters
    turns = yarn(
        config.head_dim,
        factor=rope["factor"],
        trained_length=rope["original_max_position_embeddings"],
        base=rope["rope_theta"],
        ramp="pairs",
        truncate=rope["truncate"],
    )

    def by_place(states: Tensor, places: Tensor) -> Tensor:
        return turn(states, angles(places, turns), pairing="half")

    attend = Attend(
        normalize=LearnedSink(config.num_attention_heads),
        scale=yarn_scale(config.head_dim, factor=rope["factor"]),
    )
    layer = grouped(config, attend=attend, turn=by_place)
    names = {**NAMES, "attend.normalize.sink": "sinks"}
    return load(layer, weights, names)(x, mask=Causal() & Window(config.sliding_window))


def llama_4_local(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """Three layers of four: chunks, RoPE, and a QK-norm without weights."""
    layer = grouped(
        config,
        head_norm=partial(nn.RMSNorm, eps=config.rms_norm_eps, elementwise_affine=False),
        turn=partial(rotate, pairing="interleaved", base=config.rope_parameters["rope_theta"]),
    )
    mask = Causal() & Chunk(config.attention_chunk_size)
    return load(layer, weights)(x, mask=mask)


def llama_4_global(config: Any, weights: Weights, x: Tensor) -> Tensor:
    """Every fourth: no positions at all, all tokens, and scores that sharpen with the length."""
    tuned = TemperatureTuned(floor=config.floor_scale, strength=config.attn_scale)
    layer = grouped(config, attend=Attend(normalize=tuned))
    return load(layer, weights)(x, mask=Causal())
