"""Chapter 11, BERT: the exercises and what can go wrong in them."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing
from course.exercises.pooling import POOL

__all__ = ["COUNTS_BY_HAND", "LABELS", "POOL", "TWO_BEFORE"]


def _fault_of_counts(answer: list[float]) -> str | None:
    given = [float(number) for number in answer]
    if len(given) != 3:
        return f"three numbers are asked for: masked, random, unchanged; got {len(given)}."
    known: dict[tuple[float, ...], str] = {
        (960, 120, 6920): "the third are chosen and left; the others are not asked about at all.",
        (6400, 800, 800): "the 80/10/10 is shared out among the chosen words, not among all.",
        (1200, 0, 0): "all 1200 chosen words became [MASK]. Only 80 % of them do.",
        (120, 120, 960): "the right numbers in the wrong order: masked, random, unchanged.",
    }
    if given == [960, 120, 120]:
        return None
    if tuple(given) in known:
        return known[tuple(given)]
    if sum(given) != 1200:
        return f"they sum to {sum(given):.0f}; 15 % of 8000 words are chosen, that is 1200."
    return "1200 words are chosen. Share them out: 80 %, 10 %, 10 %."


COUNTS_BY_HAND = Exercise(
    find_fault=_fault_of_counts,
    solution=[960, 120, 120],
    mistakes={
        "not among all": [6400, 800, 800],
        "are not asked about at all": [960, 120, 6920],
        "Only 80 % of them do": [1200, 0, 0],
        "wrong order": [120, 120, 960],
        "15 % of 8000 words are chosen": [80, 10, 10],
        "Share them out": [1000, 100, 100],
        "three numbers": [960, 240],
    },
    praise="In 240 places of 8000 the model is asked about a word that is not hidden at all.",
)


def labels(tokens: Int[Tensor, "B T"], asked: Bool[Tensor, "B T"]) -> Int[Tensor, "B T"]:
    return tokens.masked_fill(~asked, -100)


def _all_of_them(tokens: Tensor, asked: Tensor) -> Tensor:
    return tokens


def _the_others(tokens: Tensor, asked: Tensor) -> Tensor:
    return tokens.masked_fill(asked, -100)


def _zero(tokens: Tensor, asked: Tensor) -> Tensor:
    return tokens * asked


def _shorter(tokens: Tensor, asked: Tensor) -> Tensor:
    return tokens[asked]


def _fault_of_labels(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(labels)."
    tokens = torch.tensor([[1, 7, 9, 12, 2], [1, 8, 5, 6, 2]])
    asked = torch.tensor([[False, True, False, True, False], [False, False, True, False, False]])
    given = answer(tokens, asked)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "every word is asked about: copying a word that stands there teaches nothing.": (
            _all_of_them
        ),
        "you ask about the words that were not chosen: the mask is inverted.": _the_others,
        "0 is a word's number too (<pad>): cross_entropy leaves out −100 only.": _zero,
        "the asked tokens alone have lost their places: keep the shape (B, T).": _shorter,
    }
    if (hint := known_mistake(given, known, tokens, asked)) is not None:
        return hint
    if not close(given, labels(tokens, asked)):
        return "not these: the token where it is asked about, −100 everywhere else."
    return None


LABELS = Exercise(
    find_fault=_fault_of_labels,
    solution=labels,
    mistakes={
        "copying a word that stands there": _all_of_them,
        "the mask is inverted": _the_others,
        "leaves out −100 only": _zero,
        "lost their places": _shorter,
        "the function itself": torch.zeros(2, 5),
        "returns nothing yet": lambda tokens, asked: ...,
    },
    praise="The loss now counts the chosen places and no others.",
)


def two_before(weights: Float[Tensor, "H T T"]) -> Float[Tensor, " H"]:
    words = weights[:, 1:-1, 1:-1]
    return words.diagonal(offset=-2, dim1=1, dim2=2).mean(dim=1)


def _two_after(weights: Tensor) -> Tensor:
    return two_before(weights.mT)


def _one_before(weights: Tensor) -> Tensor:
    return weights[:, 1:-1, 1:-1].diagonal(offset=-1, dim1=1, dim2=2).mean(dim=1)


def _specials_too(weights: Tensor) -> Tensor:
    return weights.diagonal(offset=-2, dim1=1, dim2=2).mean(dim=1)


def _fault_of_two_before(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(two_before)."
    source = torch.Generator().manual_seed(0)
    weights = torch.randn(3, 7, 7, generator=source, dtype=torch.float64).softmax(dim=-1)
    given = answer(weights)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "that is two words after: a row is the word that looks, so before is offset −2.": (
            _two_after
        ),
        "that is one word before; two were asked for.": _one_before,
        "[CLS] and [SEP] are counted as words: leave the first and last place out.": _specials_too,
    }
    if (hint := known_mistake(given, known, weights)) is not None:
        return hint
    if not close(given, two_before(weights)):
        return "not these: cut [CLS] and [SEP] off, take the diagonal, average it for each head."
    return None


TWO_BEFORE = Exercise(
    find_fault=_fault_of_two_before,
    solution=two_before,
    mistakes={
        "two words after": _two_after,
        "one word before": _one_before,
        "counted as words": _specials_too,
        "the function itself": torch.zeros(3),
        "returns nothing yet": lambda weights: ...,
    },
    praise="Any regular habit of a head can be measured like this, over as many texts as you like.",
)
