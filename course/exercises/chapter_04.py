"""Chapter 04, softmax and scale: the exercises and what can go wrong in them."""

import math

import torch
from torch import Tensor

from course.exercises.exercise import Exercise, close, missing

SCORES = torch.tensor([0.0, math.log(2), math.log(5)], dtype=torch.float64)


def _fault_of_cold_weights(answer: list[float]) -> str | None:
    given = torch.as_tensor(answer, dtype=torch.float64)
    if given.shape != (3,):
        return f"there are three scores, so three weights; got the shape {tuple(given.shape)}."
    if close(given, (2 * SCORES).softmax(-1), 0.006):
        return None
    if close(given, SCORES.softmax(-1), 0.006):
        return "these are the weights at temperature 1. Divide the scores by ½ first."
    if close(given, (SCORES / 2).softmax(-1), 0.006):
        return "you multiplied the scores by ½: that is temperature 2. Dividing by ½ doubles them."
    if close(given, 2 * SCORES.softmax(-1), 0.006):
        return "the temperature divides the scores, before the exponentials, not the weights."
    if close(given, (2 * SCORES).exp(), 0.06):
        return "these are the exponentials. Divide them by their sum."
    return "not these. e raised to 2·ln 5 is 5² = 25: work with 1, 4 and 25."


COLD_WEIGHTS = Exercise(
    find_fault=_fault_of_cold_weights,
    solution=[1 / 30, 4 / 30, 25 / 30],
    mistakes={
        "temperature 1": [1 / 8, 2 / 8, 5 / 8],
        "that is temperature 2": [0.215, 0.304, 0.481],
        "before the exponentials": [2 / 8, 4 / 8, 10 / 8],
        "Divide them by their sum": [1.0, 4.0, 25.0],
        "three weights": [1 / 30, 29 / 30],
    },
    praise="Half the temperature squares the ratios: 1 : 2 : 5 became 1 : 4 : 25.",
)


def stable_softmax(scores: Tensor) -> Tensor:
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    exponentials = shifted.exp()
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def _unshifted(scores: Tensor) -> Tensor:
    return scores.exp() / scores.exp().sum(dim=-1, keepdim=True)


def _one_shift_for_all(scores: Tensor) -> Tensor:
    exponentials = (scores - scores.max()).exp()
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def _one_sum_for_all(scores: Tensor) -> Tensor:
    exponentials = (scores - scores.max(dim=-1, keepdim=True).values).exp()
    return exponentials / exponentials.sum()


def _over_the_columns(scores: Tensor) -> Tensor:
    return stable_softmax(scores.mT).mT


def _divided_by_the_largest(scores: Tensor) -> Tensor:
    exponentials = (scores / scores.max(dim=-1, keepdim=True).values).exp()
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def _fault_of_stable_softmax(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(stable_softmax)."
    small = torch.tensor([[1.0, 2.0, 4.0], [3.0, 0.5, 2.0]])
    given = answer(small.clone())
    if (fault := missing(given)) is not None:
        return fault
    if close(given, _over_the_columns(small)):
        return "the columns sum to 1: maximum and sum must run along the last axis, each row alone."
    if close(given, _one_sum_for_all(small)):
        return "one sum for the whole matrix: each row must sum to 1 (dim=-1, keepdim=True)."
    if close(given, _divided_by_the_largest(small)):
        return "you divided by the largest score. Subtract it: only that leaves the weights alone."
    if not close(given, stable_softmax(small)):
        return "for scores of ordinary size these are not the softmax's weights."
    if not close(answer(torch.tensor([[1000.0, 999.0]])), stable_softmax(torch.tensor([[1.0, 0]]))):
        return "scores near 1000 overflow: subtract the largest of the row from each first."
    far = torch.tensor([[1000.0, 999.0], [1.0, 0.0]])
    if not close(answer(far), stable_softmax(far)):
        return (
            "one maximum for the whole matrix: a row far below it becomes 0/0. "
            "Subtract each row's own."
        )
    return None


STABLE_SOFTMAX = Exercise(
    find_fault=_fault_of_stable_softmax,
    solution=stable_softmax,
    mistakes={
        "overflow": _unshifted,
        "Subtract each row's own": _one_shift_for_all,
        "one sum for the whole matrix": _one_sum_for_all,
        "the columns sum to 1": _over_the_columns,
        "Subtract it": _divided_by_the_largest,
        "the function itself": torch.zeros(2, 3),
        "returns nothing yet": lambda scores: ...,
    },
    praise="This is what every library does; fast ones do it without ever seeing the whole row.",
)


def _fault_of_spread(answer: float) -> str | None:
    given = float(answer)
    if abs(given - 32) <= 0.5:
        return None
    if abs(given - 1024) <= 10:
        return "that is the variance. The spread (standard deviation) is its root."
    if abs(given - 8) <= 0.5:
        return "that is √D, for numbers with a spread of 1. Here each number is twice as large."
    if abs(given - 16) <= 0.5:
        return "both vectors are twice as large, so each product is four times as large, not two."
    if abs(given - 4) <= 0.1:
        return "that is the spread after the division by √D; the question is the one before."
    if abs(given - 256) <= 3:
        return "the variances of the D products add up, not their spreads: √D, not D."
    return "not this. One product has a spread of 2 × 2; 64 such products are added."


SPREAD = Exercise(
    find_fault=_fault_of_spread,
    solution=32,
    mistakes={
        "that is the variance": 1024,
        "twice as large": 8,
        "four times as large": 16,
        "after the division": 4,
        "their spreads": 256,
    },
    praise="√64 · 2 · 2. After the division by √D a spread of 4 is left: √D corrects for the "
    "number of products only, which is why sizes at the start of training matter too.",
)


def jacobian(weights: Tensor) -> Tensor:
    return weights.diag() - weights[:, None] * weights


def _fault_of_jacobian(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(jacobian)."
    weights = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    given = answer(weights)
    if (fault := missing(given)) is not None:
        return fault
    outer = weights[:, None] * weights
    if tuple(given.shape) != (3, 3):
        return f"three weights, three scores: a matrix (3, 3), yours is {tuple(given.shape)}."
    known = {
        "this has the wrong sign: raising a score must raise its own weight.": outer
        - weights.diag(),
        "the diagonal is missing: a weight responds to its own score as well.": -outer,
        "there are no −wᵢ·wⱼ off the diagonal: what one weight gains, the others lose.": (
            weights * (1 - weights)
        ).diag(),
        "the diagonal is wᵢ − wᵢ², yours is 1 − wᵢ²: put the weights there, not ones.": torch.eye(3)
        - outer,
    }
    for hint, mistake in known.items():
        if close(given, mistake):
            return hint
    if not close(given, jacobian(weights)):
        return "not these numbers: wᵢ·(1 − wᵢ) on the diagonal, −wᵢ·wⱼ elsewhere."
    return None


JACOBIAN = Exercise(
    find_fault=_fault_of_jacobian,
    solution=jacobian,
    mistakes={
        "wrong sign": lambda w: -jacobian(w),
        "the diagonal is missing": lambda w: -w[:, None] * w,
        "what one weight gains": lambda w: (w * (1 - w)).diag(),
        "not ones": lambda w: torch.eye(len(w)) - w[:, None] * w,
        "a matrix (3, 3)": lambda w: w * (1 - w),
        "the function itself": torch.eye(3),
        "returns nothing yet": lambda w: ...,
    },
    praise="Each row sums to 0: the weights always sum to 1, so what one gains, the others lose.",
)
