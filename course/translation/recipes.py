"""What each translator is made of and how it is trained: `python -m course.training translation`.

All have about the same number of parameters. The one without attention has no score to spend them
on and gets a wider state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from attnlib.models.rnn_decoders import BahdanauDecoder, FixedDecoder, LuongDecoder
from attnlib.models.rnn_encoder import Encoder
from attnlib.models.rnn_seq2seq import RecurrentTranslator
from attnlib.models.transformer import Transformer
from attnlib.scores import General, dot
from attnlib.scores.location import Location

Model = Transformer | RecurrentTranslator

LONGEST_SOURCE = 32  # places that the location score knows


@dataclass(frozen=True)
class Kind:
    """A translator's builder and sizes, its learning rate, and how long its checkpoint was trained.

    `steps_per_minute` is what one quiet processor manages.
    """

    build: Callable[..., Model]
    sizes: dict[str, Any]
    learning_rate: float
    steps_per_minute: int
    minutes: float = 3.0

    @property
    def steps(self) -> int:
        """Of its checkpoint's training."""
        return round(self.minutes * self.steps_per_minute)


def gru_none(source_words: int, target_words: int, **sizes: Any) -> RecurrentTranslator:
    """Without attention."""
    return RecurrentTranslator(Encoder(source_words, **sizes), FixedDecoder(target_words, **sizes))


def gru_additive(source_words: int, target_words: int, **sizes: Any) -> RecurrentTranslator:
    """With Bahdanau's attention."""
    decoder = BahdanauDecoder(target_words, **sizes)
    return RecurrentTranslator(Encoder(source_words, **sizes), decoder)


def gru_dot(source_words: int, target_words: int, **sizes: Any) -> RecurrentTranslator:
    """With Luong's attention, score q·k."""
    decoder = LuongDecoder(target_words, dot, **sizes)
    return RecurrentTranslator(Encoder(source_words, **sizes), decoder)


def gru_general(
    source_words: int, target_words: int, *, size: int, **sizes: Any
) -> RecurrentTranslator:
    """With Luong's attention, score q·W·k."""
    decoder = LuongDecoder(target_words, General(size, size), size=size, **sizes)
    return RecurrentTranslator(Encoder(source_words, size=size, **sizes), decoder)


def gru_location(
    source_words: int, target_words: int, *, size: int, **sizes: Any
) -> RecurrentTranslator:
    """With Luong's attention, score wⱼ·q: the place alone decides."""
    decoder = LuongDecoder(target_words, Location(size, LONGEST_SOURCE), size=size, **sizes)
    return RecurrentTranslator(Encoder(source_words, size=size, **sizes), decoder)


TRANSFORMER = {"size": 96, "heads": 4, "layers": 2, "hidden": 192, "dropout_p": 0.1}
KINDS = {
    "transformer": Kind(Transformer, TRANSFORMER, 2e-3, 1600, 7.5),
    "gru-none": Kind(gru_none, {"size": 136, "embedding_size": 64}, 3e-3, 1600),
    "gru-additive": Kind(gru_additive, {"size": 128, "embedding_size": 64}, 3e-3, 1400, 7.5),
    "gru-dot": Kind(gru_dot, {"size": 152, "embedding_size": 64}, 3e-3, 1600),
    "gru-general": Kind(gru_general, {"size": 148, "embedding_size": 64}, 3e-3, 1600),
    "gru-location": Kind(gru_location, {"size": 152, "embedding_size": 64}, 3e-3, 1600),
}
