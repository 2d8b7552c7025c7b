"""Sentences that people wrote: read the pairs of Tatoeba (https://tatoeba.org, CC BY 2.0 FR).

Download “Sentence pairs”, English → French, from https://tatoeba.org/en/downloads. Each line has
four columns with tabs between: number, English, number, French. Two columns, English and French,
are read as well. There are no gold alignments: `Pair.alignment` is empty.
"""

import re
from pathlib import Path

from course.data.translation import Pair, tokenize_source

COLUMNS = {2: (0, 1), 4: (1, 3)}  # how many there are → where English and French stand
WORD = re.compile(r"aujourd'hui|quelqu'un|[\w-]+'|[\w-]+")


def load_tatoeba(path: str | Path) -> list[Pair]:
    """The sentence pairs of a file, in its order, as lower-case words.

    Raises ValueError naming the line when it has neither two nor four columns, or one is empty.
    """
    pairs = []
    lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    for number, line in enumerate(lines, start=1):
        cells = line.split("\t")
        if len(cells) not in COLUMNS:
            raise ValueError(
                f"line {number} of {path} has {len(cells)} columns with tabs between, "
                f"but 2 (English, French) or 4 (number, English, number, French) are expected"
            )
        english, french = (cells[column] for column in COLUMNS[len(cells)])
        if not re.search(r"\w", english) or not re.search(r"\w", french):
            raise ValueError(f"line {number} of {path} has no words in one of its languages")
        pairs.append(Pair(tokenize_source(english), tokenize_target(french), frozenset()))
    return pairs


def tokenize_target(text: str) -> tuple[str, ...]:
    """French text → words: lower case, l' and the like apart, no punctuation."""
    return tuple(WORD.findall(text.lower().replace("’", "'")))
