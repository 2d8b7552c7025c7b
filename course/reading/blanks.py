"""Sentences with blanks, and a small BERT that fills them: `load("bert_masked_words")`.

>>> reader = load("bert_masked_words")
>>> reader.fill("the cat <mask> on the mat")
[('sat', 0.41), ('jumped', 0.2), …]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from attnlib.checks import checked
from attnlib.models.bert import Bert
from attnlib.models.masked_words import MaskedWords
from course import checkpoints
from course.data.vocabulary import BOS, EOS, SPECIALS, Vocabulary, check_text, check_words_only

MASK_WORD = "<mask>"
MASK = len(SPECIALS)  # its number: the first after the vocabulary's own specials
FIRST_WORD = MASK + 1

Words = Sequence[str]


class Hidden(NamedTuple):
    """What the model reads, and which places it is asked about."""

    tokens: Int[Tensor, "B T"]
    asked: Bool[Tensor, "B T"]


@checked
def hide(
    tokens: Int[Tensor, "B T"],
    words: int,
    source: torch.Generator,
    *,
    share: float = 0.15,
    masked: float = 0.8,
    random: float = 0.1,
) -> Hidden:
    """Choose a `share` of each sentence's words, at least one, and hide them (Devlin et al., 2019).

    Of the chosen, 80 % become <mask>, 10 % a random word, and 10 % stay as they are. `words` is V;
    the random word may be any but a special one.

    Raises ValueError for shares that are not between 0 and 1, or exceed 1 together.
    """
    for name, value in (("share", share), ("masked", masked), ("random", random)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, got {value}")
    if masked + random > 1:
        raise ValueError(f"masked {masked} and random {random} are more than 1 together")
    real = tokens >= FIRST_WORD
    counts = (share * real.sum(dim=1, keepdim=True)).round().clamp(min=1)
    draws = torch.rand(tokens.shape, generator=source).masked_fill(~real, 2.0)
    asked = (draws.argsort(dim=1).argsort(dim=1) < counts) & real
    fate = torch.rand(tokens.shape, generator=source)
    anything = torch.randint(FIRST_WORD, words, tokens.shape, generator=source)
    hidden = tokens.masked_fill(asked & (fate < masked), MASK)
    swapped = asked & (fate >= masked) & (fate < masked + random)
    return Hidden(torch.where(swapped, anything, hidden), asked)


@dataclass(frozen=True, eq=False)
class Reader:
    """A model that fills blanks, and the words it knows."""

    model: MaskedWords
    vocabulary: Vocabulary

    def fill(self, text: str, *, count: int = 5) -> list[tuple[str, float]]:
        """The likeliest words for the one <mask> in the text, with their probabilities.

        Raises ValueError when the text has no <mask> or several, or a word that is not known, and
        for a count that is not from 1 to V.
        """
        check_text(text)
        words = text.split()
        if words.count(MASK_WORD) != 1:
            raise ValueError(
                f"text must have one {MASK_WORD}, but has {words.count(MASK_WORD)}: {text!r}"
            )
        if not 1 <= count <= len(self.vocabulary):
            raise ValueError(f"count must lie between 1 and {len(self.vocabulary)}, got {count}")
        tokens, _ = self.batch([words])
        with torch.no_grad():
            logits = self.model(tokens)[0, 1 + words.index(MASK_WORD)]
        best = logits.softmax(dim=-1).topk(count)
        names = self.vocabulary.decode(best.indices.tolist())
        return list(zip(names, best.values.tolist(), strict=True))

    def batch(self, sentences: Sequence[Words]) -> tuple[Int[Tensor, "B T"], Int[Tensor, " B"]]:
        """The sentences from <bos> to <eos> as numbers, padded on the right, and their lengths.

        Raises ValueError for a word that is not known, and for marks such as `<pad>` in its place.
        """
        for words in sentences:
            check_words_only("sentences", words)
        rows = [torch.tensor([BOS, *self.vocabulary.encode(words), EOS]) for words in sentences]
        return pad_sequence(rows, batch_first=True), torch.tensor([len(row) for row in rows])


@torch.no_grad()
def each_word_hidden(reader: Reader, words: Words) -> Float[Tensor, "T V"]:
    """The logits for each word of a sentence while it alone is hidden."""
    tokens, _ = reader.batch([words])
    places = torch.arange(len(words))
    copies = tokens.repeat(len(words), 1)
    copies[places, places + 1] = MASK
    return reader.model(copies)[places, places + 1]


def accuracy(reader: Reader, sentences: Sequence[Words]) -> float:
    """How often the likeliest word is the right one, each word of each sentence hidden in turn."""
    right = [
        word
        for words in sentences
        for word in (
            each_word_hidden(reader, words).argmax(dim=-1)
            == torch.tensor(reader.vocabulary.encode(words))
        ).tolist()
    ]
    return sum(right) / len(right)


def untrained(vocabulary: Vocabulary, sizes: dict[str, Any], *, causal: bool = False) -> Reader:
    """A reader of random weights. `sizes` are what `Bert` takes."""
    return Reader(MaskedWords(Bert(len(vocabulary), **sizes), causal=causal), vocabulary)


def load(name: str, folder: Path = checkpoints.CHECKPOINTS) -> Reader:
    """The trained "bert_masked_words", or "bert_masked_words_causal", which looks only back.

    Raises ValueError when there is no such checkpoint, or its weights do not fit its json.
    """
    told = checkpoints.details(name, folder)
    reader = untrained(Vocabulary(told["words"]), told["sizes"], causal=told["causal"])
    checkpoints.read(name, reader.model, folder)
    return reader
