"""The attention of released models, built of attnlib's parts in a few lines each.

    python -m course.recipes            how far each is from transformers' own layer
    python -m course.recipes --store    the same, as the table of the book's page

Each recipe takes a model's config, a layer's weights under the names of its release, and x
(B, T, E). `theirs` makes the layer of transformers that it is held to: tiny, of random weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from course.recipes import (
    deepseek_v3,
    deepseek_v4,
    delta,
    gemma_4,
    glm_5,
    grouped,
    minimax_m3,
    mistral_large_4,
)


@dataclass(frozen=True)
class Recipe:
    """A model, which of its layers, the types of the registry it is made of, and the code."""

    model: str
    layer: str
    types: tuple[str, ...]
    ours: Callable[..., Tensor]


QUERIES, NORM, WINDOW = "Grouped-query attention", "RMS QK-norm", "Sliding window"
ROTARY = "Rotary positions (RoPE)"
LATENT = "Multi-head latent attention (MLA)"
SHARED = "Shared key and value, turned back"

RECIPES: tuple[Recipe, ...] = (
    Recipe("DeepSeek-V3", "every layer", (LATENT,), deepseek_v3.deepseek_v3),
    Recipe("DeepSeek-V4", "the first layers", (SHARED, WINDOW), deepseek_v4.sliding),
    Recipe(
        "DeepSeek-V4",
        "heavily compressed",
        (SHARED, "Heavily compressed attention (HCA)"),
        deepseek_v4.heavily_compressed,
    ),
    Recipe(
        "DeepSeek-V4",
        "compressed and sparse",
        (SHARED, "Compressed sparse attention (CSA)"),
        deepseek_v4.compressed_sparse,
    ),
    Recipe(
        "GLM-5",
        "layers with an indexer",
        (LATENT, "DeepSeek sparse attention (DSA)"),
        glm_5.glm_5,
    ),
    Recipe(
        "Mistral Large 4",
        "layers with an indexer",
        (LATENT, "DeepSeek sparse attention (DSA)", "Scalable softmax"),
        mistral_large_4.mistral_large_4,
    ),
    Recipe(
        "MiniMax-M3",
        "sparse layers",
        (QUERIES, NORM, ROTARY, "MiniMax sparse attention (MSA)"),
        minimax_m3.minimax_m3,
    ),
    Recipe("Qwen3-Next", "three of four", ("Gated DeltaNet",), delta.qwen3_next_delta),
    Recipe("Qwen3-Next", "one of four", (QUERIES, NORM, ROTARY, "Gated output"), delta.qwen3_next),
    Recipe("Kimi Linear", "three of four", ("Kimi delta attention",), delta.kimi_linear_delta),
    Recipe("Kimi Linear", "one of four", (LATENT, "No positions (NoPE)"), delta.kimi_linear),
    Recipe("Gemma 3", "five of six", (QUERIES, NORM, ROTARY, WINDOW), grouped.gemma_3),
    Recipe(
        "Gemma 4",
        "global layers",
        ("Keys as values (K = V)", NORM, "Proportional rotary positions (p-RoPE)"),
        gemma_4.keys_as_values,
    ),
    Recipe(
        "Gemma 4",
        "the last layers",
        ("Keys and values of another layer (CLA, YOCO)", NORM),
        gemma_4.borrowed_keys,
    ),
    Recipe("gpt-oss", "one of two", (QUERIES, "Learned sink", "YaRN", WINDOW), grouped.gpt_oss),
    Recipe(
        "Llama 4", "three of four", (QUERIES, NORM, ROTARY, "Chunked-local"), grouped.llama_4_local
    ),
    Recipe(
        "Llama 4",
        "one of four",
        (QUERIES, "No positions (NoPE)", "Temperature tuning"),
        grouped.llama_4_global,
    ),
)

__all__ = ["RECIPES", "Recipe"]
