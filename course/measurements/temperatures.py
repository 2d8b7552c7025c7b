"""Chapter 10: a GPT at several temperatures, by the words it knows and how often it repeats."""

import re
from collections.abc import Sequence

from course.data import plays
from course.language.writer import load
from course.measurements.table import Cell, Table

TEMPERATURES = (0.1, 0.5, 1.0, 1.5)
SEEDS = range(10)
WRITTEN = 500  # characters per temperature and seed


def temperatures(command: str) -> Table:
    """What the GPT of characters writes, at several temperatures, with several seeds each."""
    known = set(words_of(plays.load().train))
    rows: list[list[Cell]] = []
    for temperature in TEMPERATURES:
        both = [habits_of_text(temperature, seed, known) for seed in SEEDS]
        words, fresh = zip(*both, strict=True)
        rows.append([str(temperature), *_spread(words), *_spread(fresh)])
    title = f"What the GPT of characters writes: {len(SEEDS)} texts of {WRITTEN} characters each"
    columns = ["temperature", "words known", "fewest", "most",
               "threes not repeated", "fewest", "most"]  # fmt: skip
    return Table(title, columns, rows, command, percent=True)


def habits_of_text(temperature: float, seed: int, known: set[str]) -> tuple[float, float]:
    """Of one text: the share of words that the plays have, and of runs of three that are new."""
    writer = load("gpt_characters")
    words = words_of(writer.write("ROMEO\n", WRITTEN, temperature=temperature, seed=seed))
    threes = list(zip(words, words[1:], words[2:], strict=False))
    return sum(word in known for word in words) / len(words), len(set(threes)) / len(threes)


def words_of(text: str) -> list[str]:
    """Its words in small letters."""
    return re.findall(r"[a-z']+", text.lower())


def _spread(shares: Sequence[float]) -> list[float]:
    """Mean, least and most."""
    return [sum(shares) / len(shares), min(shares), max(shares)]
