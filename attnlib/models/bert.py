"""BERT: a Transformer encoder that reads in both directions (Devlin et al., 2019).

    states
       ↑
    norm(x + feed forward(x))     ┐
       ↑                          │ layer × N
    norm(x + self-attention(x))   ┘
       ↑
    norm(word + position + segment)
       ↑
    [CLS] the cat sat [SEP]

The mean of the states, scaled to length 1, stands for the sentence (Reimers & Gurevych, 2019).
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_tokens, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Mask, Padding, as_mask
from attnlib.models._weights import Weights, check_settings, fill, without_prefix
from attnlib.positions.learned import LearnedPositions


class Bert(nn.Module):
    """A vector for each token, which knows the tokens on both sides.

    - `words`: V. `size`: E. `heads`: H. `layers`: N. `hidden`: of the feed-forward network.
    - `longest`: how many places there are; `segments`: how many kinds of sentence (A and B).
    - `dropout_p`: of embeddings, weights and every sublayer's output, in training (appendix A.2).
    """

    def __init__(
        self,
        words: int,
        *,
        size: int = 768,
        heads: int = 12,
        layers: int = 12,
        hidden: int = 3072,
        longest: int = 512,
        segments: int = 2,
        dropout_p: float = 0.1,
        norm_eps: float = 1e-12,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(words, size)
        self.positions = LearnedPositions(size, longest=longest)
        self.segments = nn.Embedding(segments, size)
        self.norm = nn.LayerNorm(size, eps=norm_eps)
        self.dropout = nn.Dropout(dropout_p)
        self.layers = nn.ModuleList(
            Layer(size, heads, hidden=hidden, dropout_p=dropout_p, norm_eps=norm_eps)
            for _ in range(layers)
        )
        for table in (self.words, self.segments):
            nn.init.normal_(table.weight, std=0.02)  # as the positions, so that none drowns

    @checked
    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        lengths: Int[Tensor, " B"] | None = None,
        segments: Int[Tensor, "B T"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        """The states after the last layer.

        Beyond its `lengths[b]` tokens a text is padding; without `lengths` nothing is. `segments`
        numbers the sentences of a pair 0 and 1; without it all is sentence 0. A `mask` forbids
        more: with Causal() the model no longer looks both ways.

        Raises TypeError or ValueError for tokens that are not (B, T) integers below V, a text
        longer than `longest`, lengths that do not fit.
        """
        check_tokens(tokens, self.words.weight)
        length, longest = tokens.shape[1], len(self.positions.table)
        if length > longest:
            raise ValueError(f"tokens reach place {length}, but the longest text has {longest}")
        segments = torch.zeros_like(tokens) if segments is None else segments
        check_tokens(segments, self.segments.weight, "segments")
        if lengths is not None:
            mask = Padding(lengths) if mask is None else Padding(lengths) & as_mask(mask)
        x = self.positions(self.words(tokens) + self.segments(segments))
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x, mask=mask)
        return x

    @checked
    def embed(
        self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"] | None = None
    ) -> Float[Tensor, "B E"]:
        """A vector of length 1 for each text, so that the dot product of two is their cosine.

        embedding = mean / ‖mean‖, the mean taken over the states of the real tokens.
        """
        states = self(tokens, lengths)
        if lengths is not None:
            places = torch.arange(tokens.shape[1], device=lengths.device)
            padding = (places >= lengths[:, None]).to(states.device)
            states = states.masked_fill(padding.unsqueeze(2), 0)
        return F.normalize(states.sum(dim=1), dim=-1)  # the mean's direction is the sum's


class Layer(nn.Module):
    """Self-attention, then a feed-forward network; a norm after each (post-norm)."""

    def __init__(
        self, size: int, heads: int, *, hidden: int, dropout_p: float, norm_eps: float
    ) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(size, heads, attend=Attend(dropout_p=dropout_p))
        self.self_attention_norm = nn.LayerNorm(size, eps=norm_eps)
        self.feed_forward = FeedForward(size, hidden)
        self.feed_forward_norm = nn.LayerNorm(size, eps=norm_eps)
        self.dropout = nn.Dropout(dropout_p)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | None = None
    ) -> Float[Tensor, "B T E"]:
        x = self.self_attention_norm(x + self.dropout(self.self_attention(x, mask=mask)))
        return self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))


class FeedForward(nn.Sequential):
    """gelu(x·W₁ + b₁)·W₂ + b₂ with gelu(x) = x·Φ(x), exact (Hendrycks & Gimpel, 2016)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(nn.Linear(size, hidden), nn.GELU(), nn.Linear(hidden, size))


NAMES = {
    "embeddings.word_embeddings": "words",
    "embeddings.position_embeddings.weight": "positions.table",
    "embeddings.token_type_embeddings": "segments",
    "embeddings.LayerNorm": "norm",
    "encoder.layer.*.attention.self.query": "layers.*.self_attention.query",
    "encoder.layer.*.attention.self.key": "layers.*.self_attention.key",
    "encoder.layer.*.attention.self.value": "layers.*.self_attention.value",
    "encoder.layer.*.attention.output.dense": "layers.*.self_attention.output",
    "encoder.layer.*.attention.output.LayerNorm": "layers.*.self_attention_norm",
    "encoder.layer.*.intermediate.dense": "layers.*.feed_forward.0",
    "encoder.layer.*.output.dense": "layers.*.feed_forward.2",
    "encoder.layer.*.output.LayerNorm": "layers.*.feed_forward_norm",
    "embeddings.position_ids": None,  # 0, 1, 2, …
    "pooler": None,  # heads for the two training tasks
    "cls": None,
}


DEFAULTS = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "hidden_dropout_prob": 0.1,
    "layer_norm_eps": 1e-12,
}


def from_transformers(weights: Weights, config: dict[str, Any]) -> Bert:
    """The BERT whose weights and config.json transformers reads too.

    Raises ValueError when weights are missing, unexpected or misshapen, or when the config asks for
    another computation.
    """
    model = untrained(config)
    fill(model, named_as_today(without_prefix(weights, "bert.")), NAMES)
    return model.eval()


def untrained(config: dict[str, Any]) -> Bert:
    """A BERT of the sizes of a config.json, its weights random.

    Raises ValueError when the config asks for another computation.
    """
    config = {**DEFAULTS, **config}
    check_settings(config, hidden_act="gelu", position_embedding_type="absolute", is_decoder=False)
    return Bert(
        config["vocab_size"],
        size=config["hidden_size"],
        heads=config["num_attention_heads"],
        layers=config["num_hidden_layers"],
        hidden=config["intermediate_size"],
        longest=config["max_position_embeddings"],
        segments=config["type_vocab_size"],
        dropout_p=config["hidden_dropout_prob"],
        norm_eps=config["layer_norm_eps"],
    )


def named_as_today(weights: Weights) -> Weights:
    """Old files call a norm's weight and bias gamma and beta."""
    today = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
    for old, new in today.items():
        weights = {name.replace(old, new): weight for name, weight in weights.items()}
    return weights
