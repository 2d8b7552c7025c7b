"""Recurrent encoder-decoders, without attention and with it.

    source → bidirectional GRU → states h₁ … h_S → context cᵢ → GRU → target word i

The three decoders differ in one thing, where the context of a step comes from:

    FixedDecoder      c = [→h_S; ←h₁], the whole sentence in one vector     (Cho et al., 2014)
    BahdanauDecoder   cᵢ = attention(sᵢ₋₁, h, h), before the state moves    (Bahdanau et al., 2015)
    LuongDecoder      cᵢ = attention(sᵢ, h, h), after it has moved          (Luong et al., 2015)
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnlib.masks import Padding
from attnlib.models.checks import check_lengths, check_tokens
from attnlib.recording import Attend
from attnlib.scores import Additive, Score


class Memory(NamedTuple):
    """What the encoder leaves: a state for each source word, and one for the whole sentence."""

    states: Float[Tensor, "B S E"]
    summary: Float[Tensor, "B E"]
    padding: Padding | None


class RecurrentTranslator(nn.Module):
    """Translates: source words in, a logit for each next target word out."""

    def __init__(self, encoder: "Encoder", decoder: "Decoder") -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(
        self,
        source: Int[Tensor, "B S"],
        lengths: Int[Tensor, " B"] | None,
        target: Int[Tensor, "B T"],
    ) -> Float[Tensor, "B T V"]:
        """Logits of the word that follows each target word, which sees only those before it."""
        return self.decoder(target, self.encode(source, lengths))[0]

    def encode(
        self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"] | None = None
    ) -> Memory:
        """Read the source; beyond its `lengths[b]` words a sentence is padding.

        Without `lengths` nothing is.
        """
        return self.encoder(source, lengths)

    def step(
        self,
        word: Int[Tensor, " B"],
        memory: Memory,
        state: Float[Tensor, "B E"] | None = None,
    ) -> tuple[Float[Tensor, "B V"], Float[Tensor, "B E"]]:
        """One word more: (logits of the next, the decoder's state)."""
        logits, state = self.decoder(word[:, None], memory, state)
        return logits[:, 0], state


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


class Decoder(nn.Module):
    """What the three decoders share: embedding, first state s₀ = tanh(W·summary), and output.

    The next word is read off state and context: logits = W tanh(C[sᵢ; cᵢ]) (Luong, equation 5).
    """

    def __init__(
        self, words: int, *, size: int, embedding_size: int, dropout_p: float = 0.0
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, embedding_size)
        self.dropout = nn.Dropout(dropout_p)
        self.first_state = nn.Linear(size, size)
        self.combine = nn.Linear(2 * size, size, bias=False)
        self.logits = nn.Linear(size, words)

    def forward(
        self, target: Int[Tensor, "B T"], memory: Memory, state: Float[Tensor, "B E"] | None = None
    ) -> tuple[Float[Tensor, "B T V"], Float[Tensor, "B E"]]:
        """(logits of the next words, the state after the last): a recurrence that can go on."""
        check_tokens(target, self.embedding.weight, "target")
        if len(target) != len(memory.states):
            batch = len(memory.states)
            raise ValueError(f"target has batch size {len(target)}, but source has {batch}")
        if target.shape[1] == 0:
            raise ValueError("target must have at least one word, got none")
        if state is None:
            state = self.first_state(memory.summary).tanh()
        embedded = self.dropout(self.embedding(target))
        states, contexts = self.run(embedded, memory, state)
        combined = self.combine(torch.cat((states, contexts), dim=-1)).tanh()
        return self.logits(self.dropout(combined)), states[:, -1]

    def run(
        self, embedded: Float[Tensor, "B T W"], memory: Memory, state: Float[Tensor, "B E"]
    ) -> tuple[Float[Tensor, "B T E"], Float[Tensor, "B T E"]]:
        """The states s₁ … s_T and their contexts c₁ … c_T."""
        raise NotImplementedError


class FixedDecoder(Decoder):
    """No attention: the same summary of the sentence at every step (Cho et al., 2014)."""

    def __init__(
        self, words: int, *, size: int, embedding_size: int, dropout_p: float = 0.0
    ) -> None:
        super().__init__(words, size=size, embedding_size=embedding_size, dropout_p=dropout_p)
        self.gru = nn.GRU(embedding_size + size, size, batch_first=True)

    def run(
        self, embedded: Float[Tensor, "B T W"], memory: Memory, state: Float[Tensor, "B E"]
    ) -> tuple[Float[Tensor, "B T E"], Float[Tensor, "B T E"]]:
        contexts = memory.summary[:, None].expand(-1, embedded.shape[1], -1)
        states, _ = self.gru(torch.cat((embedded, contexts), dim=-1), state[None])
        return states, contexts


class BahdanauDecoder(Decoder):
    """cᵢ = Σⱼ αᵢⱼ hⱼ with α from the state before; sᵢ = GRU([yᵢ₋₁; cᵢ], sᵢ₋₁).

    The score is vᵀ tanh(W sᵢ₋₁ + U hⱼ). Its U hⱼ is the same at every step and computed once
    (appendix A.2.2). The context is part of the recurrence: steps cannot run side by side.
    """

    def __init__(
        self, words: int, *, size: int, embedding_size: int, dropout_p: float = 0.0
    ) -> None:
        super().__init__(words, size=size, embedding_size=embedding_size, dropout_p=dropout_p)
        self.key = nn.Linear(size, size, bias=False)
        self.cross = CrossAttention(Additive(size, None, hidden_size=size))
        self.gru = nn.GRUCell(embedding_size + size, size)

    def run(
        self, embedded: Float[Tensor, "B T W"], memory: Memory, state: Float[Tensor, "B E"]
    ) -> tuple[Float[Tensor, "B T E"], Float[Tensor, "B T E"]]:
        states, contexts = [], []
        key = self.key(memory.states)
        for word in embedded.unbind(1):
            context = self.cross(state[:, None], key, memory)[:, 0]
            state = self.gru(torch.cat((word, context), dim=-1), state)
            states.append(state)
            contexts.append(context)
        return torch.stack(states, dim=1), torch.stack(contexts, dim=1)


class LuongDecoder(Decoder):
    """sᵢ = GRU(yᵢ₋₁, sᵢ₋₁), then cᵢ = Σⱼ αᵢⱼ hⱼ with α from sᵢ: global attention (section 3.1).

    The score is `dot`, `General` or `Location`. The recurrence does not need the context (there is
    no input feeding), so attention is computed once for all steps.
    """

    def __init__(
        self,
        words: int,
        score: Score,
        *,
        size: int,
        embedding_size: int,
        dropout_p: float = 0.0,
    ) -> None:
        super().__init__(words, size=size, embedding_size=embedding_size, dropout_p=dropout_p)
        self.cross = CrossAttention(score)
        self.gru = nn.GRU(embedding_size, size, batch_first=True)

    def run(
        self, embedded: Float[Tensor, "B T W"], memory: Memory, state: Float[Tensor, "B E"]
    ) -> tuple[Float[Tensor, "B T E"], Float[Tensor, "B T E"]]:
        states, _ = self.gru(embedded, state[None])
        return states, self.cross(states, memory.states, memory)


class CrossAttention(nn.Module):
    """The decoder's states look at the encoder's, in one head."""

    def __init__(self, score: Score) -> None:
        super().__init__()
        self.attend = Attend(score=score)

    def forward(
        self, query: Float[Tensor, "B T E"], key: Float[Tensor, "B S E"], memory: Memory
    ) -> Float[Tensor, "B T E"]:
        query, key, value = query[:, None], key[:, None], memory.states[:, None]  # (B, 1, …, E)
        return self.attend(query, key, value, mask=memory.padding).output[:, 0]
