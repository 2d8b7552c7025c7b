"""Chapter 01, what is attention: the exercises and what can go wrong in them."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing

WEIGHTS = torch.tensor([0.1, 0.7, 0.2])
VALUES = torch.tensor([10.0, 40.0, 20.0])


def _fault_of_sum(answer: float) -> str | None:
    right = float(WEIGHTS @ VALUES)
    known = {
        right: None,
        float(VALUES.mean()): "that is the plain average: every value counted equally.",
        float(
            VALUES.max()
        ): "that is the value with the largest weight alone. The others count too.",
        float(VALUES.sum()): "you added the values without their weights.",
        right / 3: "the weights sum to 1 already: no need to divide by 3.",
    }
    for number, fault in known.items():
        if close(float(answer), number, 0.05):
            return fault
    return "not this. Multiply each value by its weight, then add the three."


WEIGHTED_SUM = Exercise(
    find_fault=_fault_of_sum,
    solution=33,
    mistakes={
        "plain average": 23.3,
        "largest weight alone": 40,
        "without their weights": 70,
        "no need to divide by 3": 11,
        "Multiply each value by its weight": 31,
    },
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


def _no_division(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return torch.exp(-((query[:, None] - keys) ** 2) / (2 * width**2)) @ values


def _other_axis(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    fits = torch.exp(-((query[:, None] - keys) ** 2) / (2 * width**2))
    return fits / fits.sum(dim=0) @ values


def _not_squared(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    fits = torch.exp(-(query[:, None] - keys).abs() / (2 * width**2))
    return fits / fits.sum(dim=1, keepdim=True) @ values


def _farthest(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    fits = torch.exp((query[:, None] - keys) ** 2 / (2 * width**2))
    return fits / fits.sum(dim=1, keepdim=True) @ values


def _width_not_squared(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return soft_lookup(query, keys, values, width**0.5)


def _nearest(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return values[(query[:, None] - keys).abs().argmin(dim=1)]


def _fault_of_lookup(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(soft_lookup)."
    source = torch.Generator().manual_seed(0)
    query, keys, values = (
        torch.rand(n, generator=source, dtype=torch.float64) * 2 for n in (4, 6, 6)
    )
    width = 0.5
    given = answer(query, keys, values, width)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "nothing was divided: each query's weights must sum to 1.": _no_division,
        "each key's weights sum to 1, over the queries. Sum over the keys: dim=1.": _other_axis,
        "the distance is not squared.": _not_squared,
        "far keys get the most: the exponent needs a minus sign.": _farthest,
        "the width enters squared: 2 * width**2.": _width_not_squared,
        "that is the nearest value only, a hard look-up. The others count too.": _nearest,
    }
    if (hint := known_mistake(given, known, query, keys, values, width)) is not None:
        return hint
    if tuple(given.shape) != (4,):
        return f"four queries give four numbers; yours has the shape {tuple(given.shape)}."
    if not close(given, soft_lookup(query, keys, values, width)):
        return "not yet the right numbers. Compare each line with the formula."
    return None


SOFT_LOOKUP = Exercise(
    find_fault=_fault_of_lookup,
    solution=soft_lookup,
    mistakes={
        "each query's weights must sum to 1": _no_division,
        "Sum over the keys": _other_axis,
        "the distance is not squared": _not_squared,
        "far keys get the most": _farthest,
        "the width enters squared": _width_not_squared,
        "a hard look-up": _nearest,
        "returns nothing yet": lambda query, keys, values, width: ...,
    },
    praise="You have written kernel regression, which is attention with fixed keys.",
)


def where_it_looks(weights: Float[Tensor, "Tq Tk"]) -> Int[Tensor, " Tq"]:
    return weights.argmax(dim=1)


def _fault_of_where(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(where_it_looks)."
    source = torch.Generator().manual_seed(1)
    weights = torch.randn(5, 4, generator=source, dtype=torch.float64).softmax(dim=1)
    given = answer(weights)
    if (fault := missing(given)) is not None:
        return fault
    given = torch.as_tensor(given)
    if close(given, weights.max(dim=1).values):
        return "these are the largest weights. The question is where they stand: argmax."
    if close(given, weights.argmax(dim=0)):
        return "that is which query looks most at each key. Rows are queries: go along dim=1."
    if close(given, weights.argmax()):
        return "one number for the whole matrix: argmax needs to know its axis."
    if close(given, weights.argmin(dim=1)):
        return "that is where each query looks least."
    if not close(given, weights.argmax(dim=1)):
        return "not these. For each row, the place of its largest number."
    return None


WHERE_IT_LOOKS = Exercise(
    find_fault=_fault_of_where,
    solution=where_it_looks,
    mistakes={
        "The question is where they stand": lambda weights: weights.max(dim=1).values,
        "Rows are queries": lambda weights: weights.argmax(dim=0),
        "argmax needs to know its axis": lambda weights: weights.argmax(),
        "looks least": lambda weights: weights.argmin(dim=1),
        "returns nothing yet": lambda weights: None,
    },
    praise="With this one line chapter 02 scores a model against the true alignments.",
)
