"""Recurrent encoder-decoders, without attention and with it.

    source → bidirectional GRU → states h₁ … h_S → context cᵢ → GRU → target word i

The context is made by the decoder: one vector for the whole sentence, or attention to the states.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.models.rnn_decoders import Decoder
from attnlib.models.rnn_encoder import Encoder, Memory


class RecurrentTranslator(nn.Module):
    """Translates: source words in, a logit for each next target word out."""

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @checked
    def forward(
        self,
        source: Int[Tensor, "B S"],
        lengths: Int[Tensor, " B"] | None,
        target: Int[Tensor, "B T"],
    ) -> Float[Tensor, "B T V"]:
        """Logits of the word that follows each target word, which sees only those before it."""
        return self.decoder(target, self.encode(source, lengths))[0]

    @checked
    def encode(
        self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"] | None = None
    ) -> Memory:
        """Read the source; beyond its `lengths[b]` words a sentence is padding.

        Without `lengths` nothing is.
        """
        return self.encoder(source, lengths)

    @checked
    def step(
        self,
        word: Int[Tensor, " B"],
        memory: Memory,
        state: Float[Tensor, "B E"] | None = None,
    ) -> tuple[Float[Tensor, "B V"], Float[Tensor, "B E"]]:
        """One word more: (logits of the next, the decoder's state)."""
        logits, state = self.decoder(word[:, None], memory, state)
        return logits[:, 0], state
