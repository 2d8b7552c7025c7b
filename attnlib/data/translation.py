"""English and French sentences with gold word alignments, to watch attention translate."""

import lzma
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from pathlib import Path

from attnlib.data.vocabulary import Vocabulary

STORED = Path(__file__).with_name("translation.tsv.xz")
SPLITS = ("train", "valid", "test", "longer")


@dataclass(frozen=True)
class Pair:
    """A sentence in both languages; `alignment` holds (target index, source index)."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: frozenset[tuple[int, int]]

    @property
    def sure(self) -> frozenset[tuple[int, int]]:
        """The links of target words that render one source word only.

        The others are *possible*: `du` renders *of* and *the*, and a model that looks at either
        is right (Och & Ney, 2003, who define the alignment error rate on both sets).
        """
        targets = [target for target, _ in self.alignment]
        return frozenset(link for link in self.alignment if targets.count(link[0]) == 1)


@dataclass(frozen=True)
class Corpus:
    """The four splits and the words of the first."""

    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]
    longer: list[Pair]
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary


@cache
def load() -> Corpus:
    """The stored corpus. It is read once; asking again gives the same object."""
    splits: dict[str, list[Pair]] = {split: [] for split in SPLITS}
    for line in lzma.decompress(STORED.read_bytes()).decode().splitlines():
        split, pair = parse(line)
        splits[split].append(pair)
    return Corpus(
        **splits,
        source_vocabulary=Vocabulary(known(pair.source for pair in splits["train"])),
        target_vocabulary=Vocabulary(known(pair.target for pair in splits["train"])),
    )


def known(sentences: Iterable[tuple[str, ...]]) -> list[str]:
    """The different words of the sentences, in alphabetical order."""
    return sorted({word for sentence in sentences for word in sentence})


def format_line(split: str, pair: Pair) -> str:
    """One line of the stored file: split, source, target, and each target word's source indices."""
    sources = (
        "+".join(str(source) for target, source in sorted(pair.alignment) if target == index)
        for index in range(len(pair.target))
    )
    return "\t".join((split, " ".join(pair.source), " ".join(pair.target), " ".join(sources)))


def parse(line: str) -> tuple[str, Pair]:
    """Read back what `format_line` wrote."""
    split, source, target, links = line.split("\t")
    alignment = frozenset(chain.from_iterable(map(links_of, count(), links.split(" "))))
    return split, Pair(tuple(source.split(" ")), tuple(target.split(" ")), alignment)


@cache
def links_of(target: int, sources: str) -> tuple[tuple[int, int], ...]:
    """The links of one target word: (7, "5+6") → ((7, 5), (7, 6))."""
    return tuple((target, int(source)) for source in sources.split("+"))


def tokenize_source(text: str) -> tuple[str, ...]:
    """English text → words: lower case, *'s* apart, *didn't* as *did not*, no end mark.

    Raises ValueError when no word is left.
    """
    text = text.lower().replace("’", "'").strip().rstrip(".!?")
    text = text.replace("can't", "can not").replace("cannot", "can not")
    text = text.replace("won't", "will not")
    text = re.sub(r"n't\b", " not", text)
    text = re.sub(r"'s\b", " 's", text)
    tokens = tuple(re.sub(r"[,;:]", " ", text).split())
    if not tokens:
        raise ValueError(f"text must hold at least one word, but is {text!r}")
    return tokens


def detokenize_target(tokens: Iterable[str]) -> str:
    """French words → text: le chat s' est assis → Le chat s'est assis."""
    text = " ".join(tokens).replace("' ", "'")
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    from attnlib.data.making import main

    main()
