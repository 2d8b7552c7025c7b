"""Chapter 19, the zoo: the exercises and what can go wrong in them."""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib import attention, masks
from course.exercises.exercise import Exercise, missing


def window_pairs(length: int, width: int) -> int:
    return sum(min(query + 1, width) for query in range(length))


def _fault_of_window_pairs(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(window_pairs)."
    given = answer(10, 4)
    if (fault := missing(given)) is not None:
        return fault
    if given == 10 * 4:
        return "the first queries have fewer than W keys before them: query 0 sees only itself."
    if given == 10 * 4 - 10:
        return "a query sees itself, too: W keys, of which one is its own."
    if given == 10 * 11 // 2:
        return "these are all pairs of the causal triangle. The window cuts off the far past."
    for length, width in ((10, 4), (1, 4), (3, 8), (50, 1)):
        given, right = answer(length, width), window_pairs(length, width)
        if given != right:
            return f"for T = {length} and W = {width} there are {right} pairs, yours {given}."
    return None


WINDOW_PAIRS = Exercise(
    find_fault=_fault_of_window_pairs,
    solution=window_pairs,
    mistakes={
        "fewer than W keys": lambda length, width: length * width,
        "a query sees itself": lambda length, width: length * (width - 1),
        "the causal triangle": lambda length, width: length * (length + 1) // 2,
        "for T = 1 and W = 4": lambda t, w: t * w - w * (w - 1) // 2,
        "the function itself": 34,
        "returns nothing yet": lambda length, width: ...,
    },
    praise="For long texts that is nearly T · W: the growth on the card.",
)


def forbidden(weights: Float[Tensor, "Tq Tk"]) -> float:
    return float(weights.triu(diagonal=1).sum())


def _maps() -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(0)
    query, key, value = torch.randn(3, 1, 1, 5, 4, generator=source, dtype=torch.float64)
    causal = attention(query, key, value, mask=masks.Causal())
    return attention(query, key, value).weights[0, 0], causal.weights[0, 0]


def _fault_of_forbidden(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(forbidden)."
    plain, causal = _maps()
    given = answer(plain)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "you counted a word's weight on itself; the present is not the future.": plain.triu().sum(),
        "this is the weight on the past. The future is to the right of the diagonal.": plain.tril(
            -1
        ).sum(),
        "this is all the weight, 1 per row.": plain.sum(),
    }
    for hint, mistake in known.items():
        if abs(float(given) - float(mistake)) < 1e-6:
            return hint
    if abs(float(given) - forbidden(plain)) > 1e-6:
        return f"for a plain map it is {forbidden(plain):.3f}, yours {float(given):.3f}."
    if float(answer(causal)) != 0:
        return "for a causal map it must be exactly 0."
    return None


FORBIDDEN = Exercise(
    find_fault=_fault_of_forbidden,
    solution=forbidden,
    mistakes={
        "the present is not the future": lambda weights: weights.triu().sum(),
        "the weight on the past": lambda weights: weights.tril(-1).sum(),
        "all the weight": lambda weights: weights.sum(),
        "for a plain map": lambda weights: weights.triu(2).sum(),
        "the function itself": 0.0,
        "returns nothing yet": lambda weights: ...,
    },
    praise="One number tells a causal type from all others.",
)

HEAD = 64
CROSSING = (HEAD + 1) // 2 + 1  # the first T with 2 · T · D > D · (D + 1)


def _fault_of_crossing(answer: int) -> str | None:
    if answer == CROSSING:
        return None
    if answer == CROSSING - 1:
        return "at that length the state is still larger. One token more."
    if answer == HEAD + 2:
        return "the cache holds a key and a value for each token: 2 · D numbers, not D."
    if answer in (HEAD * (HEAD + 1), HEAD * (HEAD + 1) + 1):
        return "that is the size of the state. How many tokens does a cache of that size hold?"
    return "compare D · (D + 1) with 2 · D · T for D = 64: from which whole T is the second larger?"


CROSSING_LENGTH = Exercise(
    find_fault=_fault_of_crossing,
    solution=CROSSING,
    mistakes={
        "the state is still larger": CROSSING - 1,
        "a key and a value": HEAD + 2,
        "the size of the state": HEAD * (HEAD + 1),
        "from which whole T": 1000,
    },
    praise="From about half a head's size on, a fixed state takes less memory than the cache.",
)
