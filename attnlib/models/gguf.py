"""Models in GGUF files, llama.cpp's format: sizes, weights and vocabulary in one file.

    hub.load(Path("model.gguf"))          the Llama in it, in float32
    config, weights = read(file)          both as transformers would name them
    vocabulary(file)                      the tokens, and the merges that make them

Weights may be stored in 4 or 8 bits; they are widened to float32.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jaxtyping import Float
from torch import Tensor

from attnlib.models._gguf import Contents, opened

CONTROL = 3  # the kind of a token that stands for no text, such as the end of a turn

CONFIG = {
    "embedding_length": "hidden_size",
    "block_count": "num_hidden_layers",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "feed_forward_length": "intermediate_size",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "rope.freq_base": "rope_theta",
    "context_length": "max_position_embeddings",
}

NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


class Vocabulary(NamedTuple):
    """What a byte-pair tokenizer is made of.

    `tokens` by number; `merges`, "left right", the first before the others; `control`, the tokens
    that stand for no text.
    """

    tokens: list[str]
    merges: list[str]
    control: list[str]


def read(file: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config and the weights, in float32, of the Llama in a *.gguf file.

    Raises ValueError for a file that is damaged, holds another architecture, or weights of a kind
    that is not known.
    """
    held = opened(file)
    kind = held.told.get("general.architecture")
    if kind != "llama":
        raise ValueError(f"{file.name} holds a model of architecture {kind!r}; known is 'llama'")
    told = {ours: held.told.get(f"llama.{theirs}") for theirs, ours in CONFIG.items()}
    config = {name: value for name, value in told.items() if value is not None} | {
        "model_type": "llama",
        "vocab_size": held.places["token_embd.weight"].shape[0],
        "tie_word_embeddings": "output.weight" not in held.places,
        "rope_scaling": held.told.get("llama.rope.scaling.type"),
    }
    return config, _weights(held, config)


def vocabulary(file: Path) -> Vocabulary:
    """The tokens of the file's byte-pair tokenizer.

    Raises ValueError for a file that is damaged, or has another tokenizer or none.
    """
    told = opened(file).told
    kind = told.get("tokenizer.ggml.model")
    if kind != "gpt2":
        raise ValueError(f"{file.name} holds a tokenizer {kind!r}; known is 'gpt2', by byte pairs")
    tokens, kinds, merges = (
        told[f"tokenizer.ggml.{name}"] for name in ("tokens", "token_type", "merges")
    )
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == CONTROL]
    return Vocabulary(tokens, merges, control)


def _weights(held: Contents, config: Mapping[str, Any]) -> dict[str, Tensor]:
    """Every tensor under the name transformers gives it; a name that is not known stays."""
    heads = config["num_attention_heads"]
    heads_of = {"attn_q": heads, "attn_k": config.get("num_key_value_heads", heads)}
    weights = {}
    for name in held.places:
        where, _, part = name.removesuffix(".weight").rpartition(".")
        weight = held.tensor(name)
        if part in heads_of:
            weight = halves(weight, heads_of[part])
        layer = f"model.layers.{where.removeprefix('blk.')}." if where else ""
        weights[f"{layer}{NAMES.get(part, part)}.weight"] = weight
    return weights


def halves(weight: Float[Tensor, "HD E"], heads: int) -> Float[Tensor, "HD E"]:
    """Rows of each head from neighbor pairs, which llama.cpp turns together, back to halves.

    Pair i is rows 2i and 2i + 1 there, i and i + D/2 here.
    """
    rows, size = weight.shape
    return weight.view(heads, rows // heads // 2, 2, size).transpose(1, 2).reshape(rows, size)
