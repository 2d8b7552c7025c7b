"""Byte-level byte pairs, as GPT-2 reads any text: 256 bytes first, then the pieces merges make.

    naïve   →   n a Ã ¯ v e   →   na Ã¯ ve          ï is two bytes, a space is written Ġ

(Radford et al., 2019, section 2.2). Every text is bytes, so with all 256 none is unknown; SmolLM2
has 235 of them, and lacks those that text hardly ever holds. It reads digits one by one, so that
numbers of any length are made of the same ten pieces.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import regex

from course.data.byte_pair import merged

DIGITS_APART = regex.compile(r"\p{N}|\P{N}+")
WORD = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d"  # the end of he's, don't, we're …
    r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"  # letters, digits, signs, each with the space before
    r"|\s+(?!\S)|\s+"  # empty stretches; the last space goes to the word after it
)


class ByteLevelPairs:
    """Text as numbers and back, `decode(encode(text)) == text`.

    - `tokens`: by number. `merges`: "left right", the first before the others.
    - `control`: tokens that stand for no text; where they are written out, they are read as such.

    Raises ValueError when what a merge makes is not among the tokens.
    """

    def __init__(
        self, tokens: Sequence[str], merges: Iterable[str], control: Sequence[str] = ()
    ) -> None:
        self.tokens = tokens
        self.number = {token: number for number, token in enumerate(tokens)}
        self.rank = {tuple(pair.split(" ")): rank for rank, pair in enumerate(merges)}
        self.control = frozenset(control)
        missing = next(("".join(p) for p in self.rank if "".join(p) not in self.number), None)
        if missing is not None:
            raise ValueError(f"merges make {missing!r}, but tokens lacks it")
        names = "|".join(map(regex.escape, control))
        self._around = regex.compile(f"({names})") if control else None
        self._split = lru_cache(maxsize=None)(self._numbers)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """The numbers of the text's pieces. Raises ValueError for a byte that has no token."""
        numbers: list[int] = []
        for part in self._around.split(text) if self._around else [text]:
            if part in self.control:
                numbers.append(self.number[part])
                continue
            for stretch in DIGITS_APART.findall(part):
                for word in WORD.findall(stretch):
                    numbers += self._split(word)
        return numbers

    def decode(self, numbers: Iterable[int]) -> str:
        """The text. Bytes that are no whole character, at a cut for example, become �."""
        text = b"".join(map(self.bytes_of, numbers))
        return text.decode("utf-8", errors="replace")

    def bytes_of(self, number: int) -> bytes:
        """What one token stands for; a control token is its name."""
        token = self.tokens[number]
        return token.encode() if token in self.control else bytes(BYTES[sign] for sign in token)

    def _numbers(self, word: str) -> list[int]:
        """The pieces of one word: join the pair of lowest rank until there is none."""
        pieces = [SIGNS[byte] for byte in word.encode("utf-8")]
        while len(pieces) > 1:
            best = min(pairwise(pieces), key=lambda pair: self.rank.get(pair, len(self.rank)))
            if best not in self.rank:
                break
            pieces = merged(pieces, best)
        for piece in pieces:
            if piece not in self.number:
                raise ValueError(f"text has {word!r}, with a byte that has no token")
        return [self.number[piece] for piece in pieces]


def _signs() -> list[str]:
    """One visible sign per byte: itself if it has one in Latin-1, else the next from U+0100 on."""
    itself = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in itself else next(others)) for byte in range(256)]


SIGNS = _signs()
BYTES = {sign: byte for byte, sign in enumerate(SIGNS)}
