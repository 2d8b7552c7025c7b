"""A bidirectional GRU that reads a sentence: a state for each word, and one for the whole.

source → GRU from the left, GRU from the right → h₁ … h_S       hⱼ = [→hⱼ; ←hⱼ]
"""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnlib.checks import check_lengths, check_tokens, checked
from attnlib.masks import Padding


class Memory(NamedTuple):
    """What the encoder leaves: a state for each source word, and one for the whole sentence."""

    states: Float[Tensor, "B S E"]
    summary: Float[Tensor, "B E"]
    padding: Padding | None


class Encoder(nn.Module):
    """hⱼ = [→hⱼ; ←hⱼ], a GRU from the left and one from the right (Bahdanau et al., section 3.2).

    `size` is E, of both together.
    """

    def __init__(
        self, words: int, *, size: int, embedding_size: int, dropout_p: float = 0.0
    ) -> None:
        super().__init__()
        if size % 2:
            raise ValueError(f"size must be even, half for each direction; got {size}")
        self.embedding = nn.Embedding(words, embedding_size)
        self.dropout = nn.Dropout(dropout_p)
        self.gru = nn.GRU(embedding_size, size // 2, bidirectional=True, batch_first=True)

    @checked
    def forward(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"] | None) -> Memory:
        check_tokens(source, self.embedding.weight, "source")
        if 0 in source.shape:
            raise ValueError(f"source must have words, got shape {tuple(source.shape)}")
        if lengths is not None:
            check_lengths(lengths, source)
        embedded = self.dropout(self.embedding(source))
        if lengths is None:
            states, last = self.gru(embedded)
            return Memory(states, last.transpose(0, 1).flatten(1), None)
        # Packed, so that the GRU from the right starts at the last word and not in the padding.
        packed = pack_padded_sequence(
            embedded, lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        packed_states, last = self.gru(packed)
        states, _ = pad_packed_sequence(
            packed_states, batch_first=True, total_length=source.shape[1]
        )
        return Memory(states, last.transpose(0, 1).flatten(1), Padding(lengths))
