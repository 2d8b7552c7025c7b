"""WordPiece: rare words are written in pieces (Schuster & Nakajima, 2012; BERT's form).

"Unaffable cafés!" → un ##aff ##able cafe ##s !

Text is cleaned, lower-cased and split at spaces and punctuation; then each word is cut into pieces
of the vocabulary, from the left, the longest first. ## marks a piece that goes on.
"""

import re
import string
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST_WORD = 100  # characters; a longer word is unknown
IDEOGRAPHS = (  # ranges of Unicode: each such character is a word of its own
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """Text to tokens and their numbers, as uncased BERT does it.

    `vocabulary`: the pieces in the order of their numbers. Raises ValueError without the specials.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = list(vocabulary)
        self.numbers = {piece: number for number, piece in enumerate(vocabulary)}
        missing = [special for special in SPECIALS if special not in self.numbers]
        if missing:
            raise ValueError(f"vocabulary lacks {', '.join(missing)}")

    @classmethod
    def from_file(cls, path: Path) -> "WordPiece":
        """From a vocab.txt with one piece per line."""
        return cls(path.read_text(encoding="utf-8").rstrip("\n").split("\n"))

    def tokenize(self, text: str) -> list[str]:
        """The pieces of a text; specials like [MASK] stay whole."""
        parts = re.split("(" + "|".join(map(re.escape, SPECIALS)) + ")", text)
        return [
            piece
            for part in parts
            for piece in ([part] if part in SPECIALS else self._pieces_of_text(part))
        ]

    def encode(self, text: str) -> list[int]:
        """The numbers of [CLS], the pieces, and [SEP]."""
        return [self.numbers[piece] for piece in ("[CLS]", *self.tokenize(text), "[SEP]")]

    def decode(self, numbers: Sequence[int]) -> list[str]:
        """The pieces by their numbers."""
        return [self.vocabulary[number] for number in numbers]

    def batch(self, texts: Sequence[str]) -> tuple[Int[Tensor, "B T"], Int[Tensor, " B"]]:
        """Tokens, padded on the right, and their lengths."""
        rows = [self.encode(text) for text in texts]
        longest = max(map(len, rows), default=0)
        padding = self.numbers["[PAD]"]
        tokens = [row + [padding] * (longest - len(row)) for row in rows]
        return torch.tensor(tokens), torch.tensor([len(row) for row in rows])

    def _pieces_of_text(self, text: str) -> Iterator[str]:
        for word in words(text):
            yield from self.pieces(word)

    def pieces(self, word: str) -> list[str]:
        """A word in pieces, or [UNK] when the vocabulary cannot write it."""
        if len(word) > LONGEST_WORD:
            return ["[UNK]"]
        pieces: list[str] = []
        rest = word
        while rest:
            mark = "##" if pieces else ""
            ends = range(len(rest), 0, -1)
            end = next((end for end in ends if mark + rest[:end] in self.numbers), None)
            if end is None:
                return ["[UNK]"]
            pieces.append(mark + rest[:end])
            rest = rest[end:]
        return pieces


def words(text: str) -> list[str]:
    """Lower-cased words without accents; each punctuation mark and ideograph is a word."""
    clean = "".join(_alone(char, _is_ideograph(char)) for char in text if not _is_control(char))
    # Letter and accent come apart. Each character is lowered by itself: a last Σ becomes σ, not ς.
    letters = (
        char.lower()
        for char in unicodedata.normalize("NFD", clean)
        if unicodedata.category(char) != "Mn"
    )
    return "".join(_alone(char, _is_punctuation(char)) for char in letters).split()


def _alone(char: str, alone: bool) -> str:
    return f" {char} " if alone else char


def _is_control(char: str) -> bool:
    """Control, format, private, and what could not be decoded; but not tabs and ends of lines."""
    unreadable = char == "\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs")
    return unreadable and char not in "\t\n\r"


def _is_ideograph(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in IDEOGRAPHS)


def _is_punctuation(char: str) -> bool:
    """Punctuation of any script, and all ASCII that is neither letter nor digit: $, +, ~."""
    return char in string.punctuation or unicodedata.category(char).startswith("P")
