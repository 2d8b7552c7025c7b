"""Byte-pair encoding: frequent pairs of pieces become pieces (Sennrich et al., 2016).

    repeat: the pair of neighbors that is most frequent becomes one new piece

    w e a r y   →   w ea r y   →   w ear y

Pieces never reach over the edge of a word, and a word keeps the space before it. With no merges at
all, every character is a piece.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

from course.data.vocabulary import check_text

Pair = tuple[str, str]
WORD = re.compile(r" ?[\w']+| ?[^\w\s']+|\s+")  # a word, signs, or an empty stretch


class BytePairs:
    """Text as numbers and back. `characters` come first, then the pieces that merges make.

    Raises ValueError for characters that repeat, or a merge of pieces that are not there yet.
    """

    def __init__(self, characters: str, merges: Iterable[Sequence[str]] = ()) -> None:
        self.characters = characters
        self.merges = [(left, right) for left, right in merges]
        self.number = {character: number for number, character in enumerate(characters)}
        if len(self.number) < len(characters):
            raise ValueError("characters has some more than once")
        for left, right in self.merges:
            for piece in (left, right):
                if piece not in self.number:
                    raise ValueError(f"merges joins {left!r} and {right!r}, but has no {piece!r}")
            self.number.setdefault(left + right, len(self.number))
        self.pieces = list(self.number)
        self._known: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.pieces)

    @cached_property
    def rank(self) -> dict[Pair, int]:
        """Which pair merges first: the one that was learned first."""
        return {pair: rank for rank, pair in enumerate(self.merges)}

    def encode(self, text: str) -> list[int]:
        """The numbers of the text's pieces. Raises ValueError naming unknown characters."""
        check_text(text)
        unknown = sorted(set(text) - set(self.characters))
        if unknown:
            shown = " ".join(c if c.isprintable() else repr(c)[1:-1] for c in unknown)
            raise ValueError(f"text has characters that are not known: {shown}")
        return [number for word in WORD.findall(text) for number in self._encode(word)]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text: `decode(encode(text)) == text`, always."""
        return "".join(self.pieces[number] for number in numbers)

    def split(self, word: str) -> list[str]:
        """The pieces of one word: join the pair of lowest rank until there is none."""
        pieces = list(word)
        while True:
            pairs = set(pairwise(pieces)) & self.rank.keys()
            if not pairs:
                return pieces
            pieces = merged(pieces, min(pairs, key=self.rank.__getitem__))

    def _encode(self, word: str) -> list[int]:
        if word not in self._known:
            self._known[word] = [self.number[piece] for piece in self.split(word)]
        return self._known[word]


def learn(text: str, merges: int) -> BytePairs:
    """The tokenizer of a text: its characters, and its most frequent pairs (algorithm 1).

    Of equally frequent pairs, the first in alphabetical order. Raises ValueError when the
    text has no pairs left to merge.
    """
    counts = Counter(WORD.findall(text))
    words = [(list(word), count) for word, count in counts.items()]
    frequency: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)  # the words that have the pair

    def note(index: int, sign: int) -> None:
        pieces, count = words[index]
        for pair in pairwise(pieces):
            frequency[pair] += sign * count
            places[pair].add(index)

    for index in range(len(words)):
        note(index, +1)
    learned: list[Pair] = []
    while len(learned) < merges:
        best = min(frequency, key=lambda pair: (-frequency[pair], pair), default=None)
        if best is None or frequency[best] == 0:
            raise ValueError(f"text has pairs for {len(learned)} merges only, not for {merges}")
        learned.append(best)
        for index in places.pop(best):
            note(index, -1)
            words[index] = (merged(words[index][0], best), words[index][1])
            note(index, +1)
        del frequency[best]
    return BytePairs("".join(sorted(set(text))), learned)


def merged(pieces: list[str], pair: Pair) -> list[str]:
    """The pieces with every such pair joined, from the left."""
    joined: list[str] = []
    index = 0
    while index < len(pieces):
        both = tuple(pieces[index : index + 2]) == pair
        joined.append(pair[0] + pair[1] if both else pieces[index])
        index += 2 if both else 1
    return joined
