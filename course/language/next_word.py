"""A reader of running text: which word comes next, from at most so many before it.

It is the Transformer's decoder without cross-attention. The chapter on positions trains one with
each scheme on short windows of text, and lets it read longer ones.
"""

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_tokens, checked
from attnlib.masks import Causal, Mask
from attnlib.models.position_schemes import scheme
from attnlib.models.transformer import Embedding, EncoderLayer
from course import checkpoints
from course.checkpoints import CHECKPOINTS
from course.data import translation
from course.data.translation import Pair
from course.data.vocabulary import EOS, Vocabulary

SIZES: dict[str, Any] = {"size": 64, "heads": 4, "layers": 2, "hidden": 128}


class NextWord(nn.Module):
    """Logits of the word after each word; every argument as in `Transformer`.

    `mask` is the rule of its self-attention, `Causal()` as in training; another one, such as
    `Causal() & Window(20)`, may be set to try a trained reader on less than it could see.
    """

    def __init__(
        self,
        words: int,
        *,
        size: int = 64,
        heads: int = 4,
        layers: int = 2,
        hidden: int = 128,
        positions: str = "sinusoidal",
    ) -> None:
        super().__init__()
        places = scheme(positions, size, heads, causal=True)
        self.mask: Mask = Causal()
        self.embedding = Embedding(words, size, places, dropout_p=0.0)
        self.layers = nn.ModuleList(
            EncoderLayer(
                size, heads, hidden=hidden, pre_norm=False, dropout_p=0.0, turn=places.turn
            )
            for _ in range(layers)
        )

    @checked
    def forward(self, words: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        check_tokens(words, self.embedding.table, "words")
        x = self.embedding(words)
        bias = self.embedding.positions.bias(x)
        for layer in self.layers:
            x = layer(x, mask=self.mask, bias=bias)
        return x @ self.embedding.table.mT

    def losses(self, text: Int[Tensor, "B T+1"]) -> Float[Tensor, "B T"]:
        """−log p of the word after each place, in nats."""
        logits = self(text[:, :-1])
        return F.cross_entropy(logits.mT, text[:, 1:], reduction="none")


def running_text(pairs: list[Pair], vocabulary: Vocabulary) -> Int[Tensor, " N"]:
    """The English sentences one after the other, each closed by `<eos>`, as numbers."""
    numbers = [number for pair in pairs for number in [*vocabulary.encode(pair.source), EOS]]
    return torch.tensor(numbers)


def windows(
    text: Int[Tensor, " N"], length: int, count: int, *, seed: int
) -> Int[Tensor, "count length+1"]:
    """`count` pieces of `length` + 1 words, from anywhere in the text."""
    source = torch.Generator().manual_seed(seed)
    first = torch.randint(len(text) - length, (count, 1), generator=source)
    return text[first + torch.arange(length + 1)]


def load(name: str, folder: Path = CHECKPOINTS) -> NextWord:
    """The trained reader `name`, positions_next_word_alibi for example, of the corpus' words.

    Raises ValueError when there is no such checkpoint, or it does not fit its json.
    """
    told = checkpoints.details(name, folder)
    words = len(translation.load().source_vocabulary)
    model = NextWord(words, positions=told["scheme"], **told["sizes"])
    return checkpoints.read(name, model, folder)
