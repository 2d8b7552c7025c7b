"""Each recipe's layer as transformers has it: tiny, made of a config, with random weights.

Not needed to build a model, only to be sure. Everything is computed in float64, what transformers
widens to float32 too, so that a difference is one of meaning.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from attnlib.masks import Causal, Chunk, Mask, Window
from course.recipes import Recipe

LENGTH = 11
SIZES = {"hidden_size": 16, "num_attention_heads": 4, "attn_implementation": "eager"}
GROUPS = {**SIZES, "num_key_value_heads": 2, "head_dim": 8}
LATENT = {
    **SIZES,
    "num_key_value_heads": 4,
    "q_lora_rank": 12,
    "kv_lora_rank": 6,
    "qk_rope_head_dim": 2,
    "qk_nope_head_dim": 4,
    "v_head_dim": 5,
}
V4 = {
    **SIZES,
    "head_dim": 8,
    "qk_rope_head_dim": 4,
    "q_lora_rank": 12,
    "o_groups": 2,
    "o_lora_rank": 5,
    "num_hidden_layers": 3,
    "layer_types": [
        "sliding_attention",
        "heavily_compressed_attention",
        "compressed_sparse_attention",
    ],
    "mlp_layer_types": ["moe"] * 3,
    "compress_rates": {"heavily_compressed_attention": 4, "compressed_sparse_attention": 2},
    "sliding_window": 3,
    "index_n_heads": 6,
    "index_head_dim": 6,
    "index_topk": 2,
}
INDEX = {"index_n_heads": 3, "index_head_dim": 4, "index_topk": 3}
BLOCKS = {"index_n_heads": 2, "index_head_dim": 8, "index_block_size": 3, "index_topk_blocks": 2}
QWEN = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 6,
    "linear_value_head_dim": 5,
}
KIMI = {"linear_num_heads": 4, "linear_head_dim": 6}
ROPE = {"rope_type": "default", "rope_theta": 10_000.0}
YARN = {
    "rope_type": "yarn",
    "rope_theta": 150_000.0,
    "factor": 32.0,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "truncate": False,
    "original_max_position_embeddings": 40,
}
GEMMA_4 = {
    **GROUPS,
    "num_global_key_value_heads": 2,
    "global_head_dim": 16,
    "num_hidden_layers": 2,
    "layer_types": ["full_attention"] * 2,
    "num_kv_shared_layers": 1,
    "attention_k_eq_v": True,
}
LLAMA_4 = {
    **GROUPS,
    "num_hidden_layers": 4,
    "attention_chunk_size": 4,
    "floor_scale": 4,
    "attn_scale": 0.5,
}
CAUSAL = Causal()
KERNELS = {
    "Qwen3NextGatedDeltaNet": "torch_chunk_gated_delta_rule",
    "KimiLinearDeltaAttention": "chunk_kimi_delta_attention",
}


@dataclass(frozen=True)
class Theirs:
    """Where transformers has the layer: room, config and class; and how it is called."""

    room: str
    config: str
    sizes: dict[str, Any]
    layer: str
    index: int
    call: "Call"
    mask: Mask = CAUSAL


Call = Callable[[Any, Any, Any, Tensor, Tensor], Tensor]


def plain(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    """With cosines and sines for the places."""
    return layer(x, turns(room, config, x), bias)[0]


def with_places(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    return layer(x, turns(room, config, x), bias, position_ids=places(x))[0]


def of_gemma(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    return layer(x, turns(room, config, x, "sliding_attention"), bias)[0]


def of_deepseek_v4(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    by_kind = {kind: turns(room, config, x, kind) for kind in ("main", "compress")}
    return layer(x, by_kind, places(x), bias.expand(len(x), -1, -1, -1))[0]


def of_gemma_4(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    """Keys that another layer made, if this one makes none."""
    shared: dict[str, Any] = {}
    turned = turns(room, config, x, "full_attention")
    if layer.is_kv_shared_layer:
        first(room, config)(x, turned, bias, shared)
    return layer(x, turned, bias, shared)[0]


def of_mistral(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    return layer(x, turns(room, config, x), bias, {}, places(x))[0]


def stateful(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    """By PyTorch alone, also where other kernels are installed."""
    name = KERNELS[type(layer).__name__]
    with patch.object(room, name, inspect.unwrap(getattr(room, name))):
        return layer(x)


def without_places(room: Any, config: Any, layer: Any, x: Tensor, bias: Tensor) -> Tensor:
    return layer(x, bias)[0]


THEIRS: dict[str, Theirs] = {
    "deepseek_v3": Theirs(
        "deepseek_v3", "DeepseekV3Config", LATENT, "DeepseekV3Attention", 0, plain
    ),
    "sliding": Theirs(
        "deepseek_v4",
        "DeepseekV4Config",
        V4,
        "DeepseekV4Attention",
        0,
        of_deepseek_v4,
        CAUSAL & Window(3),
    ),
    "heavily_compressed": Theirs(
        "deepseek_v4",
        "DeepseekV4Config",
        V4,
        "DeepseekV4Attention",
        1,
        of_deepseek_v4,
        CAUSAL & Window(3),
    ),
    "compressed_sparse": Theirs(
        "deepseek_v4",
        "DeepseekV4Config",
        V4,
        "DeepseekV4Attention",
        2,
        of_deepseek_v4,
        CAUSAL & Window(3),
    ),
    "glm_5": Theirs(
        "glm_moe_dsa",
        "GlmMoeDsaConfig",
        {**LATENT, **INDEX, "num_hidden_layers": 1, "indexer_types": ["full"]},
        "GlmMoeDsaAttention",
        0,
        with_places,
    ),
    "mistral_large_4": Theirs(
        "mistral_large4",
        "MistralLarge4TextConfig",
        {**LATENT, **INDEX, "q_lora_rank": None, "num_hidden_layers": 1, "rope_parameters": ROPE},
        "MistralLarge4TextAttention",
        0,
        of_mistral,
    ),
    "minimax_m3": Theirs(
        "minimax_m3_vl",
        "MiniMaxM3VLTextConfig",
        {
            **GROUPS,
            **BLOCKS,
            "index_local_blocks": 1,
            "num_hidden_layers": 1,
            "layer_types": ["minimax_m3_sparse"],
            "rope_parameters": ROPE,
        },
        "MiniMaxM3VLAttention",
        0,
        with_places,
    ),
    "qwen3_next_delta": Theirs(
        "qwen3_next", "Qwen3NextConfig", {**GROUPS, **QWEN}, "Qwen3NextGatedDeltaNet", 0, stateful
    ),
    "qwen3_next": Theirs(
        "qwen3_next", "Qwen3NextConfig", {**GROUPS, "head_dim": 16}, "Qwen3NextAttention", 3, plain
    ),
    "kimi_linear_delta": Theirs(
        "kimi_linear",
        "KimiLinearConfig",
        {**LATENT, **KIMI},
        "KimiLinearDeltaAttention",
        0,
        stateful,
    ),
    "kimi_linear": Theirs(
        "kimi_linear", "KimiLinearConfig", LATENT, "KimiLinearAttention", 3, without_places
    ),
    "gemma_3": Theirs(
        "gemma3",
        "Gemma3TextConfig",
        {**GROUPS, "sliding_window": 4, "query_pre_attn_scalar": 10},
        "Gemma3Attention",
        0,
        of_gemma,
        CAUSAL & Window(4),
    ),
    "keys_as_values": Theirs(
        "gemma4", "Gemma4TextConfig", GEMMA_4, "Gemma4TextAttention", 0, of_gemma_4
    ),
    "borrowed_keys": Theirs(
        "gemma4", "Gemma4TextConfig", GEMMA_4, "Gemma4TextAttention", 1, of_gemma_4
    ),
    "gpt_oss": Theirs(
        "gpt_oss",
        "GptOssConfig",
        {**GROUPS, "sliding_window": 4, "rope_parameters": YARN},
        "GptOssAttention",
        0,
        plain,
        CAUSAL & Window(4),
    ),
    "llama_4_local": Theirs(
        "llama4", "Llama4TextConfig", LLAMA_4, "Llama4TextAttention", 0, plain, CAUSAL & Chunk(4)
    ),
    "llama_4_global": Theirs(
        "llama4", "Llama4TextConfig", LLAMA_4, "Llama4TextAttention", 3, plain
    ),
}


def difference(recipe: Recipe, seed: int = 0) -> float:
    """The largest one between the recipe's output and transformers', of numbers of size about 1."""
    theirs = THEIRS[recipe.ours.__name__]
    room = import_module(f"transformers.models.{theirs.room}.modeling_{theirs.room}")
    source = torch.Generator().manual_seed(seed)
    x = torch.randn(2, LENGTH, 16, generator=source, dtype=torch.float64)
    hidden = ~theirs.mask.dense(LENGTH)
    bias = torch.zeros(hidden.shape, dtype=torch.float64).masked_fill(hidden, -torch.inf)
    with in_double(), torch.no_grad():
        config = getattr(import_module("transformers"), theirs.config)(**theirs.sizes)
        layer = random_layer(getattr(room, theirs.layer), config, theirs.index)
        expected = theirs.call(room, config, layer, x, bias)
        before: tuple[Any, ...] = ()
        if theirs.call is of_gemma_4 and theirs.index:
            before = (first(room, config).state_dict(),)
        actual = recipe.ours(config, layer.state_dict(), x, *before)
    return float((actual - expected).abs().max())


def first(room: Any, config: Any) -> Any:
    """Gemma 4's layer that makes the keys for the last ones: the same each time."""
    return random_layer(room.Gemma4TextAttention, config, 0)


def random_layer(kind: Any, config: Any, index: int) -> Any:
    source = torch.Generator().manual_seed(index)
    layer = kind(config, index).eval()
    for name, weight in layer.named_parameters():
        mean = 1.0 if "norm" in name.lower() else 0.0
        weight.data.normal_(mean, 0.3, generator=source)
    return layer


def turns(room: Any, config: Any, x: Tensor, kind: str | None = None) -> Any:
    """What a model hands to its layers: the cosine and the sine of each place's angles."""
    (name,) = [n for n in vars(room) if n.endswith("RotaryEmbedding") and "Vision" not in n]
    rotary = getattr(room, name)(config)
    return rotary(x, places(x)) if kind is None else rotary(x, places(x), layer_type=kind)


def places(x: Tensor) -> Tensor:
    return torch.arange(x.shape[1]).expand(len(x), -1)


@contextmanager
def in_double() -> Iterator[None]:
    """Inside, what asks for float32 gets float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with ExitStack() as stack:
            stack.enter_context(patch.object(torch.Tensor, "float", torch.Tensor.double))
            for name in ("float32", "float"):
                stack.enter_context(patch.object(torch, name, torch.float64))
            yield
    finally:
        torch.set_default_dtype(before)
