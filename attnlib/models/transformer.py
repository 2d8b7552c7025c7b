"""The Transformer: an encoder and a decoder made of attention (Vaswani et al., 2017, figure 1).

                             logits
                               ↑
 encoder layer × N       decoder layer × N
   feed forward            feed forward
        ↑                      ↑
                           cross-attention ← memory, the encoder's output
                               ↑
   self-attention          causal self-attention
        ↑                      ↑
 embedding + position    embedding + position
        ↑                      ↑
   source words            target words so far

Around every sublayer runs a residual path with a LayerNorm:

    x + … then norm   post-norm, 2017:       norm(x + sublayer(x))
    norm then x + …   pre-norm:              x + sublayer(norm(x))     (Xiong et al., 2020)
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_tokens, checked
from attnlib.heads._projections import Turn
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Causal, Mask, Padding
from attnlib.models.position_schemes import Scheme, scheme

Memory = tuple[Float[Tensor, "B S E"], Padding | None]


class Transformer(nn.Module):
    """Translates: source words in, a logit for each next target word out.

    - `source_words`, `target_words`: V, the sizes of the two vocabularies.
    - `size`: E. `heads`: H. `layers`: N, of encoder and decoder each. `hidden`: of the feed-forward
      network.
    - `positions`: how it knows where words stand, one of `position_schemes.SCHEMES`.
    - `pre_norm`: where the norm stands; pre-norm needs one more at the end of each stack.
    - `dropout_p`: of embeddings and of every sublayer's output, in training (section 5.4).

    The target embedding is also the output projection (section 3.4); the source, another language
    with words of its own, has another table. Both are multiplied by √E.
    """

    def __init__(
        self,
        source_words: int,
        target_words: int,
        *,
        size: int = 96,
        heads: int = 4,
        layers: int = 2,
        hidden: int = 192,
        positions: str = "sinusoidal",
        pre_norm: bool = False,
        dropout_p: float = 0.1,
    ) -> None:
        super().__init__()
        places = [scheme(positions, size, heads, causal=causal) for causal in (False, True)]
        self.source_embedding = Embedding(source_words, size, places[0], dropout_p)
        self.target_embedding = Embedding(target_words, size, places[1], dropout_p)
        self.encoder, self.decoder = (
            nn.ModuleList(
                kind(
                    size,
                    heads,
                    hidden=hidden,
                    pre_norm=pre_norm,
                    dropout_p=dropout_p,
                    turn=place.turn,
                )
                for _ in range(layers)
            )
            for kind, place in zip((EncoderLayer, DecoderLayer), places, strict=True)
        )
        self.encoder_norm = nn.LayerNorm(size) if pre_norm else nn.Identity()
        self.decoder_norm = nn.LayerNorm(size) if pre_norm else nn.Identity()

    @checked
    def forward(
        self,
        source: Int[Tensor, "B S"],
        lengths: Int[Tensor, " B"] | None,
        target: Int[Tensor, "B T"],
    ) -> Float[Tensor, "B T V"]:
        """Logits of the word that follows each target word, which sees only those before it."""
        return self.decode(target, self.encode(source, lengths))

    @checked
    def encode(
        self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"] | None = None
    ) -> Memory:
        """A vector for each source word; beyond its `lengths[b]` words a sentence is padding.

        Without `lengths` nothing is.
        """
        check_tokens(source, self.source_embedding.table, "source")
        padding = None if lengths is None else Padding(lengths)
        x = self.source_embedding(source)
        bias = self.source_embedding.positions.bias(x)
        for layer in self.encoder:
            x = layer(x, mask=padding, bias=bias)
        return self.encoder_norm(x), padding

    @checked
    def decode(self, target: Int[Tensor, "B T"], memory: Memory) -> Float[Tensor, "B T V"]:
        """Logits of the next words, from the target so far and what `encode` gave."""
        check_tokens(target, self.target_embedding.table, "target")
        states, padding = memory
        if target.shape[0] != states.shape[0]:
            batch = states.shape[0]
            raise ValueError(f"target has batch size {target.shape[0]}, but source {batch}")
        x = self.target_embedding(target)
        bias = self.target_embedding.positions.bias(x)
        for layer in self.decoder:
            x = layer(x, states, padding=padding, bias=bias)
        return self.decoder_norm(x) @ self.target_embedding.table.mT

    @checked
    def step(
        self,
        word: Int[Tensor, " B"],
        memory: Memory,
        state: Int[Tensor, "B T"] | None = None,
    ) -> tuple[Float[Tensor, "B V"], Int[Tensor, "B T+1"]]:
        """One word more: (logits of the next, state). The state is the target so far."""
        target = word[:, None] if state is None else torch.cat((state, word[:, None]), dim=1)
        return self.decode(target, memory)[:, -1], target


class Embedding(nn.Module):
    """dropout(table[word]·√E + position), sections 3.4 and 3.5."""

    def __init__(self, words: int, size: int, positions: Scheme, dropout_p: float) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(words, size) / math.sqrt(size))
        self.positions = positions
        self.dropout = nn.Dropout(dropout_p)

    @checked
    def forward(self, words: Int[Tensor, "B T"]) -> Float[Tensor, "B T E"]:
        x = self.table[words] * math.sqrt(self.table.shape[1])
        return self.dropout(self.positions.place(x))


class EncoderLayer(nn.Module):
    """Self-attention, then a feed-forward network; `turn` as in `MultiHeadAttention`."""

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        hidden: int,
        pre_norm: bool,
        dropout_p: float,
        turn: Turn | None = None,
    ) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(size, heads, turn=turn)
        self.self_attention_residual = Residual(size, pre_norm, dropout_p)
        self.feed_forward = FeedForward(size, hidden)
        self.feed_forward_residual = Residual(size, pre_norm, dropout_p)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B S E"],
        *,
        mask: Mask | None = None,
        bias: Float[Tensor, "#B #H #S #S"] | None = None,
    ) -> Float[Tensor, "B S E"]:
        x = self.self_attention_residual(x, lambda x: self.self_attention(x, mask=mask, bias=bias))
        return self.feed_forward_residual(x, self.feed_forward)


class DecoderLayer(nn.Module):
    """Causal self-attention, cross-attention to the source, then a feed-forward network."""

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        hidden: int,
        pre_norm: bool,
        dropout_p: float,
        turn: Turn | None = None,
    ) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(size, heads, turn=turn)
        self.self_attention_residual = Residual(size, pre_norm, dropout_p)
        self.cross_attention = MultiHeadAttention(size, heads)
        self.cross_attention_residual = Residual(size, pre_norm, dropout_p)
        self.feed_forward = FeedForward(size, hidden)
        self.feed_forward_residual = Residual(size, pre_norm, dropout_p)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        memory: Float[Tensor, "B S E"],
        *,
        padding: Mask | None = None,
        bias: Float[Tensor, "#B #H #T #T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        """`padding` is the memory's; `bias` is added to the scores of self-attention."""
        x = self.self_attention_residual(
            x, lambda x: self.self_attention(x, mask=Causal(), bias=bias)
        )
        x = self.cross_attention_residual(
            x, lambda x: self.cross_attention(x, memory, mask=padding)
        )
        return self.feed_forward_residual(x, self.feed_forward)


class Residual(nn.Module):
    """norm(x + dropout(sublayer(x))), or with pre-norm x + dropout(sublayer(norm(x)))."""

    def __init__(self, size: int, pre_norm: bool, dropout_p: float) -> None:
        super().__init__()
        self.pre_norm = pre_norm
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout_p)

    @checked
    def forward(
        self, x: Float[Tensor, "*N E"], sublayer: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "*N E"]:
        if self.pre_norm:
            return x + self.dropout(sublayer(self.norm(x)))
        return self.norm(x + self.dropout(sublayer(x)))


class FeedForward(nn.Sequential):
    """max(0, x·W₁ + b₁)·W₂ + b₂ (section 3.3)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, size))
