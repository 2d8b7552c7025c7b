"""Llama: GPT with four parts exchanged (Touvron et al., 2023; key heads: Llama 2, the same year).

    positions      learned table  →  rotary: they turn query and key  (Su et al., 2021)
    key heads      H              →  G, each shared by H/G queries    (Ainslie et al., 2023)
    norm           LayerNorm      →  RMSNorm: x / √mean(x²) · w       (Zhang & Sennrich, 2019)
    feed forward   gelu           →  SwiGLU, a gate                   (Shazeer, 2020)

No layer adds a bias.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.caches.growing import Cache, KVCache
from attnlib.checks import check_tokens, checked
from attnlib.heads._projections import Turn
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Mask
from attnlib.models._caches import causal_mask, newest, one_per_layer
from attnlib.models._weights import Weights, check_settings, fill, without_prefix
from attnlib.positions.rotary import rotate


class Llama(nn.Module):
    """Logits of the word that follows each token, which sees only those before it.

    - `words`: V. `size`: E. `heads`: H. `key_heads`: G, by default H. `head_size`: D, by default
      E/H. `layers`: N. `hidden`: of the feed-forward network.
    - `base`: of the rotary angles. `tied`: whether the embedding is also the output projection.
    """

    def __init__(
        self,
        words: int,
        *,
        size: int = 4096,
        heads: int = 32,
        key_heads: int | None = None,
        head_size: int | None = None,
        layers: int = 32,
        hidden: int = 11008,
        base: float = 10_000.0,
        tied: bool = False,
        norm_eps: float = 1e-6,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(words, size)
        self.layers = nn.ModuleList(
            Layer(
                size,
                heads,
                key_heads=key_heads,
                head_size=head_size,
                hidden=hidden,
                turn=partial(rotate, pairing="half", base=base),
                norm_eps=norm_eps,
            )
            for _ in range(layers)
        )
        self.norm = nn.RMSNorm(size, eps=norm_eps)
        self.output = nn.Linear(size, words, bias=False)
        nn.init.normal_(self.words.weight, std=0.02)
        if tied:
            self.output.weight = self.words.weight

    @checked
    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
        caches: Sequence[Cache] | None = None,
        padding: Int[Tensor, " B"] | None = None,
        last: int | None = None,
    ) -> Float[Tensor, "B L V"]:
        """Logits of the next tokens, L = T of them, or those after the `last` tokens only.

        - `mask` hides more than the future, `Padding(lengths, side="left")` for example: only
          distances count here, so padding may stand on either side.
        - `caches`, one per layer, keep what came before: `tokens` are then the newest only.
        - `padding`: how many tokens at the left of each row are none; they are hidden.

        Raises TypeError or ValueError for tokens that are not (B, T) integers below V, a mask that
        does not fit, caches that are not one per layer, padding longer than the text.
        """
        check_tokens(tokens, self.words.weight)
        kept = one_per_layer(caches, len(self.layers))
        mask = causal_mask(mask, padding, caches[0] if caches else None, tokens)
        x = self.words(tokens)
        for layer, cache in zip(self.layers, kept, strict=True):
            x = layer(x, mask=mask, cache=cache)
        return self.output(self.norm(newest(x, last)))

    def caches(self, capacity: int | None = None) -> list[KVCache]:
        """Empty caches, one per layer, each with room for `capacity` tokens or for any number."""
        return [KVCache(capacity) for _ in self.layers]


class Layer(nn.Module):
    """Causal self-attention, then a feed-forward network; a norm before each (pre-norm)."""

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int | None = None,
        head_size: int | None = None,
        hidden: int,
        turn: Turn | None = None,
        norm_eps: float,
    ) -> None:
        super().__init__()
        self.self_attention_norm = nn.RMSNorm(size, eps=norm_eps)
        self.self_attention = MultiHeadAttention(
            size,
            heads,
            key_heads=key_heads,
            head_size=head_size,
            projection_bias=False,
            turn=turn,
        )
        self.feed_forward_norm = nn.RMSNorm(size, eps=norm_eps)
        self.feed_forward = SwiGLU(size, hidden)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask, cache: Cache | None = None
    ) -> Float[Tensor, "B T E"]:
        x = x + self.self_attention(self.self_attention_norm(x), mask=mask, cache=cache)
        return x + self.feed_forward(self.feed_forward_norm(x))


class SwiGLU(nn.Module):
    """(silu(x·W) ⊙ x·V)·W₂ with silu(x) = x·σ(x) (Shazeer, 2020, equation 6)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(size, hidden, bias=False)
        self.up = nn.Linear(size, hidden, bias=False)
        self.down = nn.Linear(hidden, size, bias=False)

    @checked
    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        return self.down(F.silu(self.gate(x)) * self.up(x))


NAMES = {
    "embed_tokens": "words",
    "layers.*.input_layernorm": "layers.*.self_attention_norm",
    "layers.*.self_attn.q_proj": "layers.*.self_attention.query",
    "layers.*.self_attn.k_proj": "layers.*.self_attention.key",
    "layers.*.self_attn.v_proj": "layers.*.self_attention.value",
    "layers.*.self_attn.o_proj": "layers.*.self_attention.output",
    "layers.*.post_attention_layernorm": "layers.*.feed_forward_norm",
    "layers.*.mlp.gate_proj": "layers.*.feed_forward.gate",
    "layers.*.mlp.up_proj": "layers.*.feed_forward.up",
    "layers.*.mlp.down_proj": "layers.*.feed_forward.down",
    "norm": "norm",
    "lm_head": "output",
    "layers.*.self_attn.rotary_emb": None,  # the angles, not weights
}


DEFAULTS = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
    "head_dim": None,
    "intermediate_size": 11008,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
}


def from_transformers(weights: Weights, config: dict[str, Any]) -> Llama:
    """The Llama whose weights and config.json transformers reads too.

    Its parameters are the tensors in `weights` themselves where they are float32, without a copy.

    Raises ValueError when weights are missing, unexpected or misshapen, or when the config asks for
    another computation: scaled angles (Llama 3.1 and later), biases.
    """
    config = {**DEFAULTS, **config}
    check_settings(config, hidden_act="silu", attention_bias=False, mlp_bias=False)
    check_settings(config, rope_scaling=None)
    rope = config.get("rope_parameters") or config  # as newer and older files say it
    check_settings(rope, rope_type="default")
    tied = config["tie_word_embeddings"]
    with torch.device("meta"):  # shapes without numbers: what is filled in needs no first draw
        model = Llama(
            config["vocab_size"],
            size=config["hidden_size"],
            heads=config["num_attention_heads"],
            key_heads=config["num_key_value_heads"],
            head_size=config["head_dim"],
            layers=config["num_hidden_layers"],
            hidden=config["intermediate_size"],
            base=rope.get("rope_theta", 10_000.0),
            tied=tied,
            norm_eps=config["rms_norm_eps"],
        )
    weights = without_prefix(weights, "model.")
    if tied and "embed_tokens.weight" in weights:
        weights["lm_head.weight"] = weights["embed_tokens.weight"]
    fill(model, weights, NAMES, copy=False)
    if tied:
        model.output.weight = model.words.weight
    return model.eval()
