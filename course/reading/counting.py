"""Guess a hidden word by counting what stood in such places: no network."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

BEGIN, END = "<bos>", "<eos>"

Words = Sequence[str]
Guess = Callable[[str, str], str]  # from the word before and the word after


def counted(sentences: Sequence[Words]) -> dict[str, Guess]:
    """Three guesses: the commonest word; after the left neighbor; between both neighbors.

    A left neighbor never seen gives the commonest word, a pair never seen what its left one gives.
    """
    everywhere: Counter[str] = Counter()
    after: defaultdict[str, Counter[str]] = defaultdict(Counter)
    between: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for left, word, right in in_context(sentence):
            everywhere[word] += 1
            after[left][word] += 1
            between[left, right][word] += 1
    commonest = _best(everywhere)
    by_left = {left: _best(found) for left, found in after.items()}
    by_both = {pair: _best(found) for pair, found in between.items()}

    def from_left(left: str, right: str) -> str:
        return by_left.get(left, commonest)

    return {
        "most frequent word": lambda left, right: commonest,
        "by the left neighbor": from_left,
        "by both neighbors": lambda left, right: (
            by_both.get((left, right)) or from_left(left, right)
        ),
    }


def in_context(sentence: Words) -> list[tuple[str, str, str]]:
    """Each word with the one before and the one after: (before, word, after)."""
    padded = [BEGIN, *sentence, END]
    return list(zip(padded[:-2], sentence, padded[2:], strict=True))


def share_right(guess: Guess, sentences: Sequence[Words]) -> float:
    """How often the guess is the word that stands there."""
    cases = [case for sentence in sentences for case in in_context(sentence)]
    return sum(guess(left, right) == word for left, word, right in cases) / len(cases)


def _best(found: Counter[str]) -> str:
    return found.most_common(1)[0][0]
