"""What the decoder reads and what it has to predict: an exercise of chapter 09."""

from collections.abc import Iterable, Sequence

from course.exercises.exercise import Exercise
from course.exercises.trying import nothing_returned, stopped, tried, was_changed

Words = list[str]

SENTENCES = [
    ["<bos>", "le", "chat", "dort", "<eos>"],
    ["<bos>", "il", "dort", "et", "il", "dort", "<eos>"],
    ["<bos>", "oui", "<eos>"],
]


def read_and_predict(words: list[str]) -> tuple[list[str], list[str]]:
    return words[:-1], words[1:]


def _two_lists(given: object) -> tuple[Words, Words] | None:
    """Whatever is a sequence of two sequences of words, as two lists."""
    if isinstance(given, dict | set | str) or not isinstance(given, Iterable):
        return None
    parts = list(given)
    if len(parts) != 2 or any(
        isinstance(part, str) or not isinstance(part, Iterable) for part in parts
    ):
        return None
    return [str(word) for word in parts[0]], [str(word) for word in parts[1]]


def _fault_in(read: Sequence[str], predict: Sequence[str], sentence: Sequence[str]) -> str | None:
    if (read, predict) == (sentence[:-1], sentence[1:]):
        return None
    if read == predict:
        return "it reads the very word it has to predict: the leak. The loss will be perfect."
    if (read, predict) == (sentence[1:], sentence[:-1]):
        return "the other way around: this decoder predicts the word it has just left behind."
    if len(read) != len(predict):
        return f"it reads {len(read)} words but has to predict {len(predict)}: one each."
    if (read, predict) == (sentence[1:-1], sentence[2:]):
        return "the first word is never predicted, so nobody learns it. Read <bos> too."
    if (read, predict) == (sentence[:-2], sentence[1:-1]):
        return "nobody learns to stop: <eos> has to be predicted too."
    return (
        "for every word that is read, the word that comes next has to be predicted. For "
        f"{' '.join(sentence)} yours reads {' '.join(read)} and predicts {' '.join(predict)}."
    )


def _fault_of_shift(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(read_and_predict)."
    trials = [tried(answer, [sentence], ["words"]) for sentence in SENTENCES]
    for trial, sentence in zip(trials, SENTENCES, strict=True):
        if (hint := nothing_returned(answer, trial)) is not None:
            return hint
        if trial.error is not None:
            return f"{stopped(trial)} (for {' '.join(sentence)})"
        if (lists := _two_lists(trial.given)) is None:
            return "return two lists: what the decoder reads, and what it has to predict."
        if (hint := _fault_in(*lists, sentence)) is not None:
            return hint
    return next((hint for trial in trials if (hint := was_changed(trial))), None)


def _pops(words: list[str]) -> tuple[list[str], list[str]]:
    predict = words[1:]
    words.pop()
    return words, predict


READ_AND_PREDICT = Exercise(
    find_fault=_fault_of_shift,
    solution=read_and_predict,
    mistakes={
        "the leak": lambda words: (words[1:], words[1:]),
        "the other way around": lambda words: (words[1:], words[:-1]),
        "one each": lambda words: (words, words[1:]),
        "Read <bos> too": lambda words: (words[1:-1], words[2:]),
        "nobody learns to stop": lambda words: (words[:-2], words[1:-1]),
        "two lists": lambda words: words[1:],
        "the word that comes next": lambda words: (words[:-1], words[1:][::-1]),
        "work on a copy": _pops,
        "without calling it": read_and_predict(SENTENCES[0]),
        "returns nothing yet": lambda words: ...,
    },
    praise="One step to the left, one to the right: that shift is all of teacher forcing.",
)
