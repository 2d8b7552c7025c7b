"""Chapter 01, what is attention: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.recognizing import RECOGNIZED
from course.exercises.trying import Draw

__all__ = ["RECOGNIZED", "SOFT_LOOKUP", "WEIGHTED_SUM", "WHERE_IT_LOOKS"]


WEIGHTED_SUM = by_hand(
    33,
    within=0.05,
    known={
        "that is the plain average: every value counted equally.": 70 / 3,
        "that is the value with the largest weight alone. The others count too.": 40,
        "you added the values without their weights.": 70,
        "the weights sum to 1 already: no need to divide by 3.": 11,
        "these are the three parts: add them.": [1, 28, 4],
    },
    otherwise="not this. Multiply each value by its weight, then add the three.",
    also={"Multiply each value by its weight": 31, "one number": [33, 33]},
    praise="0.1 × 10 + 0.7 × 40 + 0.2 × 20 = 33: close to the value with the largest weight.",
)


def soft_lookup(
    query: Float[Tensor, " Tq"],
    keys: Float[Tensor, " Tk"],
    values: Float[Tensor, " Tk"],
    width: float,
) -> Float[Tensor, " Tq"]:
    distance = query[:, None] - keys[None, :]
    fits = torch.exp(-(distance**2) / (2 * width**2))
    weights = fits / fits.sum(dim=1, keepdim=True)
    return weights @ values


def _fits(query: Tensor, keys: Tensor, width: float) -> Tensor:
    return torch.exp(-((query[:, None] - keys) ** 2) / (2 * width**2))


def _no_division(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return _fits(query, keys, width) @ values


def _other_axis(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    fits = _fits(query, keys, width)
    return fits / fits.sum(dim=0) @ values


def _one_sum(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    fits = _fits(query, keys, width)
    return fits / fits.sum() @ values


def _not_squared(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    fits = torch.exp(-(query[:, None] - keys).abs() / (2 * width**2))
    return fits / fits.sum(dim=1, keepdim=True) @ values


def _farthest(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    fits = torch.exp((query[:, None] - keys) ** 2 / (2 * width**2))
    return fits / fits.sum(dim=1, keepdim=True) @ values


def _width_not_squared(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return soft_lookup(query, keys, values, width**0.5)


def _no_two(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return soft_lookup(query, keys, values, width / 2**0.5)


def _no_brackets(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return soft_lookup(query, keys, values, 1 / width)


def _no_width(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return soft_lookup(query, keys, values, 1.0)


def _nearest(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return values[(query[:, None] - keys).abs().argmin(dim=1)]


def _lookups(draw: Draw) -> Sequence[Inputs]:
    sizes = (4, 6, 0.5), (2, 5, 0.8), (5, 3, 1.5), (3, 1, 0.7)
    return [(2 * draw.uniform(q), 2 * draw.uniform(k), draw.normal(k), w) for q, k, w in sizes]


SOFT_LOOKUP = in_code(
    soft_lookup,
    _lookups,
    known={
        "nothing was divided: each query's weights must sum to 1.": _no_division,
        "each key's weights sum to 1, over the queries. Sum over the keys: dim=1.": _other_axis,
        "one sum for the whole matrix: each query has its own, dim=1, keepdim=True.": _one_sum,
        "the distance is not squared.": _not_squared,
        "far keys get the most: the exponent needs a minus sign.": _farthest,
        "the width enters squared: 2 * width**2.": _width_not_squared,
        "the 2 is missing: the squared distance is divided by 2 * width**2.": _no_two,
        "you divided by 2 and multiplied by width**2: put brackets around (2 * width**2).": (
            _no_brackets
        ),
        "the width is not used: a width of 1 was taken for all.": _no_width,
        "that is the nearest value only, a hard look-up. The others count too.": _nearest,
    },
    shape="one number per query",
    axes=("query",),
    advice="these are not the right numbers. Compare each line with the formula.",
    also={
        "one number per query": lambda query, keys, values, width: values,
        "Compare each line": lambda query, keys, values, width: query,
    },
    praise="You have written kernel regression, which is attention with fixed keys.",
)


def where_it_looks(weights: Float[Tensor, "Tq Tk"]) -> Int[Tensor, " Tq"]:
    return weights.argmax(dim=1)


WHERE_IT_LOOKS = in_code(
    where_it_looks,
    lambda draw: [(draw.weights(*size),) for size in ((5, 4), (3, 7), (6, 2), (1, 5))],
    known={
        "these are the largest weights. The question is where they stand: argmax.": (
            lambda weights: weights.max(dim=1).values
        ),
        "that is which query looks most at each key. Rows are queries: go along dim=1.": (
            lambda weights: weights.argmax(dim=0)
        ),
        "one number for the whole matrix: argmax needs to know its axis.": (
            lambda weights: weights.argmax()
        ),
        "that is where each query looks least.": lambda weights: weights.argmin(dim=1),
        "places are counted from 0: yours are one too large.": (
            lambda weights: weights.argmax(dim=1) + 1
        ),
    },
    kind="whole numbers",
    shape="one place per French word",
    axes=("French word",),
    advice="not these. For each row, the place of its largest number.",
    also={
        "one place per French word": lambda weights: weights.argmax(dim=1, keepdim=True),
        "whole numbers should come back": lambda weights: weights.argmax(dim=1).float(),
        "the place of its largest": lambda weights: weights.argmax(dim=1) * 0,
    },
    praise="With this one line chapter 02 scores a model against the true alignments.",
)
