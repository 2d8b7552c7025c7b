"""Recurrent decoders, which differ in one thing: where the context of a step comes from.

FixedDecoder      c = [→h_S; ←h₁], the whole sentence in one vector     (Cho et al., 2014)
BahdanauDecoder   cᵢ = attention(sᵢ₋₁, h, h), before the state moves    (Bahdanau et al., 2015)
LuongDecoder      cᵢ = attention(sᵢ, h, h), after it has moved          (Luong et al., 2015)
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_tokens, checked
from attnlib.models.rnn_encoder import Memory
from attnlib.scores import Additive, Score


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

    @checked
    def forward(
        self, target: Int[Tensor, "B T"], memory: Memory, state: Float[Tensor, "B E"] | None = None
    ) -> tuple[Float[Tensor, "B T V"], Float[Tensor, "B E"]]:
        """(logits of the next words, the state after the last): a recurrence that can go on."""
        check_tokens(target, self.embedding.weight, "target")
        batch = memory.states.shape[0]
        if target.shape[0] != batch:
            raise ValueError(f"target has batch size {target.shape[0]}, but source has {batch}")
        if target.shape[1] == 0:
            raise ValueError("target must have at least one word, got none")
        if state is None:
            state = self.first_state(memory.summary).tanh()
        embedded = self.dropout(self.embedding(target))
        states, contexts = self.run(embedded, memory, state)
        combined = self.combine(torch.cat((states, contexts), dim=-1)).tanh()
        return self.logits(self.dropout(combined)), states[:, -1]

    @checked
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

    @checked
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
        self.cross_attention = CrossAttention(Additive(size, None, hidden_size=size))
        self.gru = nn.GRUCell(embedding_size + size, size)

    @checked
    def run(
        self, embedded: Float[Tensor, "B T W"], memory: Memory, state: Float[Tensor, "B E"]
    ) -> tuple[Float[Tensor, "B T E"], Float[Tensor, "B T E"]]:
        states, contexts = [], []
        key = self.key(memory.states)
        for word in embedded.unbind(1):
            context = self.cross_attention(state[:, None], key, memory)[:, 0]
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
        self.cross_attention = CrossAttention(score)
        self.gru = nn.GRU(embedding_size, size, batch_first=True)

    @checked
    def run(
        self, embedded: Float[Tensor, "B T W"], memory: Memory, state: Float[Tensor, "B E"]
    ) -> tuple[Float[Tensor, "B T E"], Float[Tensor, "B T E"]]:
        states, _ = self.gru(embedded, state[None])
        return states, self.cross_attention(states, memory.states, memory)


class CrossAttention(nn.Module):
    """The decoder's states look at the encoder's, in one head."""

    def __init__(self, score: Score) -> None:
        super().__init__()
        self.attend = Attend(score=score)

    @checked
    def forward(
        self, query: Float[Tensor, "B T E"], key: Float[Tensor, "B S E"], memory: Memory
    ) -> Float[Tensor, "B T E"]:
        query, key, value = query[:, None], key[:, None], memory.states[:, None]  # (B, 1, …, E)
        return self.attend(query, key, value, mask=memory.padding).output[:, 0]
