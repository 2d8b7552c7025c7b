"""English and French sentences with gold word alignments, to watch attention translate.

>>> corpus = load()
>>> corpus.test[0].source, corpus.test[0].target, corpus.test[0].alignment

A grammar in two languages (`course.data.grammar`) says each sentence in English and in French at
once, so each French word knows the English words it renders. pyrealb (Lapalme, 2024) supplies the
forms of the words; the sentences are stored, and reading them needs no pyrealb.

The French: adjectives that agree and mostly follow their noun (*the old black cats*, les vieux
chats noirs), *vieil*, *bel*, *cet* before a vowel, l' and d' and qu', *du* and *au*, *ne … pas* and
*ne … jamais*, *pas de*, past participles that agree (*sat*, s'est assise; *the letter that he
wrote*, la lettre qu'il a écrite), *qui* and *que*, *son* and *sa* according to what is
owned, *il* and *elle* according to what *it* stands for, *avoir faim*, *il y a*.

Alignments are pairs (target index, source index). Every word on either side has one.

- Where one word becomes several, all of them render it: s', est and assis render *sat*; ne and pas
  render *not*; parce and que render *because*; beaucoup and de render *many*.
- Where several words become one, it renders all of them: du renders *of* and *the*; devant renders
  *in front of*; an infinitive renders its *to* as well.
- The auxiliary renders *did* and the verb: it says the tense, and the verb chooses it.
- *The king's horse*, le cheval du roi: le renders *'s*, and du renders *'s* and *the*.

The splits share no sentence. `train`, `valid` and `test` have 3 to 24 English words, each length
equally often; `longer` has 25 to 30. “The cat sat on the mat” and some close relatives are in
`test`: no sentence of the other splits has both *cat* and *mat*, though each word is frequent by
itself, so a model that translates it has not seen it. Likewise *animal* and *street* (“the animal
did not cross the street because it was too tired”, or “too wide”).
"""

import lzma
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from pathlib import Path

from course.data.vocabulary import Vocabulary, check_text

STORED = Path(__file__).with_name("translation.tsv.xz")
SPLITS = ("train", "valid", "test", "longer")


@dataclass(frozen=True)
class Pair:
    """A sentence in both languages; `alignment` holds pairs (target index, source index)."""

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
    """The four splits, and the words that occur in `train`: no other split has any others."""

    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]
    longer: list[Pair]
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary


def _stored() -> str:
    try:
        return lzma.decompress(STORED.read_bytes()).decode()
    except (lzma.LZMAError, UnicodeDecodeError) as error:
        raise ValueError(f"{STORED.name} is damaged, or only a note of Git LFS: {error}") from error


@cache
def load() -> Corpus:
    """The stored corpus. It is read once; asking again gives the same object."""
    splits: dict[str, list[Pair]] = {split: [] for split in SPLITS}
    for line in _stored().splitlines():
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
    """English text → words: lower case, no punctuation, *king's* as king 's, *didn't* as did not.

    Raises ValueError when no word is left.
    """
    check_text(text)
    plain = text.lower().replace("’", "'")
    plain = re.sub(r"can't|cannot", "can not", plain).replace("won't", "will not")
    plain = re.sub(r"n't\b", " not", plain)
    plain = re.sub(r"\b(it|he|she|that|there)'s\b", r"\1 is", plain)
    plain = re.sub(r"'s\b", " 's", plain)
    tokens = tuple(re.sub(r'[.,;:!?"“”()…]', " ", plain).split())
    if not tokens:
        raise ValueError(f"text must hold at least one word, but is {text!r}")
    return tokens


def detokenize_target(tokens: Iterable[str]) -> str:
    """French words → text: le chat s' est assis → Le chat s'est assis."""
    text = " ".join(tokens).replace("' ", "'")
    return text[:1].upper() + text[1:]
