"""Chapter 20, the zoo: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib import attention, masks
from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.looking_up import LookUp, draw_games
from course.exercises.training_differences import DIFFERENTIAL_LOOK_UP
from course.exercises.trying import Draw

__all__ = [
    "CROSSING_LENGTH",
    "DIFFERENTIAL_LOOK_UP",
    "FORBIDDEN",
    "TOP_K_WEIGHTS",
    "WINDOW_PAIRS",
    "LookUp",
    "draw_games",
]


def window_pairs(length: int, width: int) -> int:
    return sum(min(query + 1, width) for query in range(length))


WINDOW_PAIRS = in_code(
    window_pairs,
    lambda draw: [(10, 4), (1, 4), (3, 8), (50, 1), (6, 6), (12, 5)],
    known={
        "the first queries have fewer than W keys before them: query 0 sees only itself.": (
            lambda length, width: length * width
        ),
        "a query sees itself, too: W keys, of which one is its own.": (
            lambda length, width: length * (width - 1)
        ),
        "the keys before are W − 1, and the query itself makes W: one is missing.": (
            lambda length, width: window_pairs(length, width - 1)
        ),
        "a query sees itself and W − 1 keys before it: yours has one key too many.": (
            lambda length, width: window_pairs(length, width + 1)
        ),
        "these are all pairs of the causal triangle. The window cuts off the far past.": (
            lambda length, width: length * (length + 1) // 2
        ),
        "query i, counted from 0, has i + 1 keys up to itself: yours leaves out itself.": (
            lambda length, width: sum(min(query, width) for query in range(length))
        ),
    },
    shape="one number",
    advice="not so many (a window may be longer than the text).",
    also={
        "For length = 1, width = 4": lambda t, w: t * w - w * (w - 1) // 2,
        "For length = 10, width = 4": lambda t, w: 33,
    },
    praise="For long texts that is nearly T · W: the growth on the card.",
)


def forbidden(weights: Float[Tensor, "Tq Tk"]) -> float:
    return float(weights.triu(diagonal=1).sum())


def _plain_and_causal(draw: Draw) -> Sequence[Inputs]:
    sizes = 5, 7, 3
    shared = [draw.normal(3, 1, 1, size, 4) for size in sizes]
    plain = [attention(q, k, v).weights[0, 0] for q, k, v in shared]
    causal = [attention(q, k, v, mask=masks.Causal()).weights[0, 0] for q, k, v in shared[:2]]
    return [(weights,) for weights in (*plain, *causal, draw.weights(3, 6))]


FORBIDDEN = in_code(
    forbidden,
    _plain_and_causal,
    known={
        "you counted a word's weight on itself; the present is not the future.": (
            lambda weights: weights.triu().sum()
        ),
        "this is the weight on the past. The future is to the right of the diagonal.": (
            lambda weights: weights.tril(-1).sum()
        ),
        "this is the weight on the past and the present. Right of the diagonal is the future.": (
            lambda weights: weights.tril().sum()
        ),
        "the next word is left out: the future begins right beside the diagonal, triu(1).": (
            lambda weights: weights.triu(2).sum()
        ),
        "this is all the weight, 1 per row.": lambda weights: weights.sum(),
        "this is the mean; asked is all of it, the sum.": (
            lambda weights: weights.triu(diagonal=1).mean()
        ),
    },
    shape="one number for the whole map",
    advice="not this much.",
    also={
        "one number": lambda weights: weights.triu(1).sum(dim=-1),
        "not this much": lambda weights: weights.triu(3).sum(),
    },
    praise="One number tells a causal type from all others.",
)


def top_k_weights(scores: Float[Tensor, "Tq Tk"], count: int) -> Float[Tensor, "Tq Tk"]:
    best = scores.topk(count, dim=-1).indices
    kept = torch.zeros_like(scores).scatter(-1, best, 1.0)
    return scores.masked_fill(kept == 0, -torch.inf).softmax(dim=-1)


def _best(scores: Tensor, count: int) -> Tensor:
    best = scores.topk(count, dim=-1).indices
    return torch.zeros_like(scores).scatter(-1, best, 1.0).bool()


def _as_given(scores: Tensor, count: int) -> Tensor:
    return (scores * _best(scores, count)).softmax(dim=-1)


TOP_K_WEIGHTS = in_code(
    top_k_weights,
    lambda draw: [
        (draw.normal(3, 5), 2),
        (2 * draw.normal(4, 6), 3),
        (draw.normal(2, 4), 1),
        (draw.normal(5, 3), 3),
        (draw.normal(3, 4) - 8, 2),
    ],
    known={
        "this is still the code as given. What is e to the power of a score that was set to 0?": (
            _as_given
        ),
        "the weights that stay must sum to 1: drop scores before the softmax, or divide after.": (
            lambda scores, count: scores.softmax(dim=-1) * _best(scores, count)
        ),
        "these are the lowest scores of each row; the highest should stay.": (
            lambda scores, count: scores.masked_fill(~_best(-scores, count), -torch.inf).softmax(-1)
        ),
        "you kept the best queries of each key. Each query, a row, keeps its best keys.": (
            lambda scores, count: scores.masked_fill(
                ~_best(scores.T, min(count, len(scores))).T, -torch.inf
            ).softmax(-1)
        ),
        "this is plain softmax: no key was left out.": lambda scores, count: scores.softmax(dim=-1),
        "the softmax runs down the columns; every row should sum to 1.": (
            lambda scores, count: scores.masked_fill(~_best(scores, count), -torch.inf).softmax(0)
        ),
    },
    shape="as many weights as scores",
    axes=("query", "key"),
    advice="not these weights: softmax over the `count` highest scores of each row, 0 elsewhere.",
    also={
        "softmax over the `count` highest": lambda scores, count: top_k_weights(2 * scores, count),
    },
    praise="With count = all keys it was right: a limit is a good test, but only of one setting.",
)

HEAD = 64
CROSSING = (HEAD + 1) // 2 + 1  # the first T with 2 · T · D > D · (D + 1)

CROSSING_LENGTH = by_hand(
    CROSSING,
    known={
        "at that length the state is still larger. One token more.": CROSSING - 1,
        "there the two would be equal, if a text could be so long: which whole T is the first "
        "above it?": (HEAD + 1) / 2,
        "the cache holds a key and a value for each token: 2 · D numbers, not D.": HEAD + 2,
        "that is the size of the state. How many tokens does a cache of that size hold?": (
            HEAD * (HEAD + 1)
        ),
        "that is one more than the size of the state. How many tokens are so many numbers?": (
            HEAD * (HEAD + 1) + 1
        ),
    },
    otherwise="compare D · (D + 1) with 2 · D · T for D = 64: from which whole T is the second "
    "larger?",
    also={"from which whole T": 1000},
    praise="From about half a head's size on, a fixed state takes less memory than the cache.",
)
