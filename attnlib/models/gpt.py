"""GPT-2: a Transformer decoder that writes, each word from those before it (Radford et al., 2019).

logits of the next word
   ↑
 norm
   ↑
x + feed forward(norm(x))            ┐
   ↑                                 │ layer × N
x + causal self-attention(norm(x))   ┘
   ↑
word + position
   ↑
the cat sat on
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.growing import Cache, KVCache
from attnlib.checks import check_tokens, checked
from attnlib.heads._projections import Turn
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Mask
from attnlib.models._caches import causal_mask, newest, one_per_layer
from attnlib.models._weights import Weights, check_settings, fill, without_prefix
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.rotary import rotate


class GPT(nn.Module):
    """Logits of the word that follows each token, which sees only those before it.

    - `words`: V. `size`: E. `heads`: H. `layers`: N. `hidden`: of the feed-forward network, by
      default 4E. `longest`: how many places there are.
    - `rotary`: queries and keys turn by their places (Su et al., 2021), instead of a learned vector
      added to each word.
    - `dropout_p`: of embeddings, weights and every sublayer's output, in training.

    The embedding is also the output projection (Radford et al., 2018, section 3.1).
    """

    def __init__(
        self,
        words: int,
        *,
        size: int = 768,
        heads: int = 12,
        layers: int = 12,
        hidden: int | None = None,
        longest: int = 1024,
        rotary: bool = False,
        dropout_p: float = 0.1,
        norm_eps: float = 1e-5,
    ) -> None:
        super().__init__()
        hidden = 4 * size if hidden is None else hidden
        turn = partial(rotate, pairing="half") if rotary else None
        self.longest = longest
        self.words = nn.Embedding(words, size)
        self.positions = None if rotary else LearnedPositions(size, longest=longest)
        self.dropout = nn.Dropout(dropout_p)
        self.layers = nn.ModuleList(
            Layer(size, heads, hidden=hidden, turn=turn, dropout_p=dropout_p, norm_eps=norm_eps)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(size, eps=norm_eps)
        nn.init.normal_(self.words.weight, std=0.02)  # else the first logits are huge

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

        - `mask` hides more than the future, `Padding(lengths)` for example. Places count from the
          first token of the row, so pad on the right.
        - `caches`, one per layer, keep what came before: `tokens` are then the newest only.
        - `padding`: how many tokens at the left of each row are none. They are hidden, and places
          count from the first token behind them: each row is read as if it were alone.

        Raises TypeError or ValueError for tokens that are not (B, T) integers below V, a text
        longer than `longest`, a mask that does not fit, caches that are not one per layer, padding
        longer than the text.
        """
        check_tokens(tokens, self.words.weight)
        kept = one_per_layer(caches, len(self.layers))
        before = caches[0].length if caches else 0
        self.check_reach(before + tokens.shape[1])
        mask = causal_mask(mask, padding, caches[0] if caches else None, tokens)
        x = self.words(tokens)
        if self.positions is not None:
            x = self.positions(x, first=before if padding is None else before - padding)
        x = self.dropout(x)
        for layer, cache in zip(self.layers, kept, strict=True):
            x = layer(x, mask=mask, cache=cache)
        return F.linear(self.norm(newest(x, last)), self.words.weight)

    def check_reach(self, end: int) -> None:
        """Raise ValueError for a text that is longer than the longest."""
        if end > self.longest:
            raise ValueError(f"tokens reach place {end}, but the longest text has {self.longest}")

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
        hidden: int,
        turn: Turn | None = None,
        dropout_p: float,
        norm_eps: float,
    ) -> None:
        super().__init__()
        self.self_attention_norm = nn.LayerNorm(size, eps=norm_eps)
        self.self_attention = MultiHeadAttention(
            size, heads, attend=Attend(dropout_p=dropout_p), turn=turn
        )
        self.feed_forward_norm = nn.LayerNorm(size, eps=norm_eps)
        self.feed_forward = FeedForward(size, hidden)
        self.dropout = nn.Dropout(dropout_p)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask, cache: Cache | None = None
    ) -> Float[Tensor, "B T E"]:
        x = x + self.dropout(
            self.self_attention(self.self_attention_norm(x), mask=mask, cache=cache)
        )
        return x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))


class FeedForward(nn.Sequential):
    """gelu(x·W₁ + b₁)·W₂ + b₂ with the approximation by tanh (Hendrycks & Gimpel, 2016)

    gelu(x) = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(nn.Linear(size, hidden), nn.GELU("tanh"), nn.Linear(hidden, size))


NAMES = {
    "wte": "words",
    "wpe.weight": "positions.table",
    "h.*.ln_1": "layers.*.self_attention_norm",
    "h.*.attn.query": "layers.*.self_attention.query",
    "h.*.attn.key": "layers.*.self_attention.key",
    "h.*.attn.value": "layers.*.self_attention.value",
    "h.*.attn.c_proj": "layers.*.self_attention.output",
    "h.*.ln_2": "layers.*.feed_forward_norm",
    "h.*.mlp.c_fc": "layers.*.feed_forward.0",
    "h.*.mlp.c_proj": "layers.*.feed_forward.2",
    "ln_f": "norm",
    "h.*.attn.bias": None,  # the causal mask, not a weight
    "h.*.attn.masked_bias": None,
    "lm_head": None,  # wte once more
}


DEFAULTS = {
    "vocab_size": 50257,
    "n_positions": 1024,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": None,
    "resid_pdrop": 0.1,
    "layer_norm_epsilon": 1e-5,
}


def from_transformers(weights: Weights, config: dict[str, Any]) -> GPT:
    """The GPT-2 whose weights and config.json transformers reads too.

    Raises ValueError when weights are missing, unexpected or misshapen, or when the config asks for
    another computation.
    """
    config = {**DEFAULTS, **config}
    check_settings(
        config,
        activation_function="gelu_new",
        scale_attn_weights=True,
        scale_attn_by_inverse_layer_idx=False,
        tie_word_embeddings=True,
        add_cross_attention=False,
    )
    model = GPT(
        config["vocab_size"],
        size=config["n_embd"],
        heads=config["n_head"],
        layers=config["n_layer"],
        hidden=config["n_inner"],
        longest=config["n_positions"],
        dropout_p=config["resid_pdrop"],
        norm_eps=config["layer_norm_epsilon"],
    )
    fill(model, _apart(without_prefix(weights, "transformer.")), NAMES)
    return model.eval()


def _apart(weights: Weights) -> Weights:
    """Query, key and value, stored side by side, taken apart; matrices turned to (out, in)."""
    apart = {}
    for name, weight in weights.items():
        if ".c_" in name:
            weight = weight.mT if weight.dim() == 2 else weight
        if ".c_attn." in name:
            for part, third in zip(("query", "key", "value"), weight.chunk(3), strict=True):
                apart[name.replace("c_attn", part)] = third
        else:
            apart[name] = weight
    return apart
