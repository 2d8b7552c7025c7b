"""Words as numbers: what a model reads and writes."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

SPECIALS = ("<pad>", "<bos>", "<eos>", "<unk>")
PAD, BOS, EOS, UNK = range(4)


class Vocabulary:
    """Each known word has a number: the four specials first, then the words in their own order.

    `<pad>` 0 fills up a batch, `<bos>` 1 opens a sentence, `<eos>` 2 ends it, `<unk>` 3 stands for
    a word that is not known.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = (*SPECIALS, *words)
        self._number = {word: number for number, word in enumerate(self.words)}
        if len(self._number) < len(self.words):
            repeated = sorted({word for word in self.words if self.words.count(word) > 1})
            raise ValueError(f"words has these more than once: {', '.join(repeated)}")

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._number

    def encode(self, tokens: Sequence[str], *, unknown: bool = False) -> list[int]:
        """The tokens' numbers. Unknown words become `<unk>` only when `unknown` allows it.

        Raises ValueError naming the unknown words and the known ones nearest to each.
        """
        if isinstance(tokens, str):
            raise TypeError("tokens must be a sequence of words, but is one string; tokenize it")
        missing = [token for token in dict.fromkeys(tokens) if token not in self._number]
        if missing and not unknown:
            raise ValueError(f"tokens has unknown words: {'; '.join(map(self._hint, missing))}")
        return [self._number.get(token, UNK) for token in tokens]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The words of the numbers, specials included. Raises ValueError for an unknown number."""
        numbers = list(numbers)
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"numbers has {number}, but the vocabulary has {len(self)} words")
        return [self.words[number] for number in numbers]

    def _hint(self, word: str) -> str:
        near = get_close_matches(word, self.words[len(SPECIALS) :], cutoff=0.5)
        return f"{word!r} (known and near: {', '.join(near)})" if near else repr(word)


def check_words_only(name: str, words: Sequence[str]) -> None:
    """Raise ValueError, under the argument's name, when one of the words is a mark like `<eos>`."""
    if marks := [word for word in words if word in SPECIALS]:
        raise ValueError(f"{name} has {', '.join(marks)}: that is a mark, not a word")


def check_text(text: object) -> None:
    """Raise TypeError unless the text is a string."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {type(text).__name__}")
