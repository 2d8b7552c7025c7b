"""Chapter 04, softmax and scale: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.cooling import WEIGHTS_AT
from course.exercises.in_code import Inputs, in_code
from course.exercises.stabilizing import STABLE_SOFTMAX
from course.exercises.trying import Draw

__all__ = ["COLD_WEIGHTS", "JACOBIAN", "SPREAD", "STABLE_SOFTMAX", "WEIGHTS_AT"]


COLD_WEIGHTS = by_hand(
    [1 / 30, 4 / 30, 25 / 30],
    within=0.006,
    known={
        "these are the weights at temperature 1. Divide the scores by ½ first.": (
            [1 / 8, 2 / 8, 5 / 8]
        ),
        "you multiplied the scores by ½: that is temperature 2. Dividing by ½ doubles them.": (
            [0.215, 0.304, 0.481]
        ),
        "the temperature divides the scores, before the exponentials, not the weights.": (
            [2 / 8, 4 / 8, 10 / 8]
        ),
        "you halved the weights: the temperature divides the scores, and ½ doubles them.": (
            [1 / 16, 2 / 16, 5 / 16]
        ),
        "these are the exponentials. Divide them by their sum.": [1, 4, 25],
        "you squared the weights, as you should; now divide them by their new sum.": (
            [1 / 64, 4 / 64, 25 / 64]
        ),
        "e to the power 0 is 1, not 0: the first score has its part as well.": [0, 4 / 29, 25 / 29],
    },
    asked="there are three scores, so three weights",
    otherwise="not these. e raised to 2·ln 5 is 5² = 25: work with 1, 4 and 25.",
    also={"three weights": [1 / 30, 29 / 30], "work with 1, 4 and 25": [0.3, 0.3, 0.4]},
    praise="Half the temperature squares the ratios: 1 : 2 : 5 became 1 : 4 : 25.",
)


SPREAD = by_hand(
    32,
    within=0.5,
    known={
        "that is the variance. The spread (standard deviation) is its root.": 1024,
        "that is √D, for numbers with a spread of 1. Here each number is twice as large.": 8,
        "both vectors are twice as large, so each product is four times as large, not two.": 16,
        "that is the spread after the division by √D; the question is the one before.": 4,
        "the variances of the D products add up, not their spreads: √D, not D.": 256,
    },
    otherwise="not this. One product has a spread of 2 × 2; 64 such products are added.",
    also={"64 such products": 64},
    praise="√64 · 2 · 2. After the division by √D a spread of 4 is left: √D corrects for the "
    "number of products only, which is why sizes at the start of training matter too.",
)


def jacobian(weights: Tensor) -> Tensor:
    return weights.diag() - weights[:, None] * weights


def _distributions(draw: Draw) -> Sequence[Inputs]:
    tied = torch.tensor([0.25, 0.5, 0.0, 0.25])
    return [(torch.tensor([0.5, 0.3, 0.2]),), (draw.weights(5),), (tied,), (torch.ones(1),)]


JACOBIAN = in_code(
    jacobian,
    _distributions,
    known={
        "this has the wrong sign: raising a score must raise its own weight.": (
            lambda weights: -jacobian(weights)
        ),
        "the diagonal is missing: a weight responds to its own score as well.": (
            lambda weights: -weights[:, None] * weights
        ),
        "these are the products alone: the weights stand on the diagonal, minus the products.": (
            lambda weights: weights[:, None] * weights
        ),
        "these are the weights on the diagonal alone: the products wᵢ·wⱼ go off everywhere.": (
            lambda weights: weights.diag()
        ),
        "the products are added: what one weight gains, the others lose, so subtract them.": (
            lambda weights: weights.diag() + weights[:, None] * weights
        ),
        "there are no −wᵢ·wⱼ off the diagonal: what one weight gains, the others lose.": (
            lambda weights: (weights * (1 - weights)).diag()
        ),
        "the diagonal is wᵢ − wᵢ², yours is 1 − wᵢ²: put the weights there, not ones.": (
            lambda weights: torch.eye(len(weights)) - weights[:, None] * weights
        ),
        "a softmax was taken of the weights; they are the softmax's result already.": (
            lambda weights: jacobian(weights.softmax(dim=-1))
        ),
    },
    shape="as many rows as weights, as many columns as scores",
    axes=("weight", "score"),
    advice="not these numbers: wᵢ·(1 − wᵢ) on the diagonal, −wᵢ·wⱼ elsewhere.",
    also={
        "the shape is (3, 3)": lambda weights: weights * (1 - weights),
        "on the diagonal, −wᵢ·wⱼ elsewhere": lambda weights: jacobian(
            torch.tensor([0.5, 0.3, 0.2]) if len(weights) == 3 else weights * 0
        ),
    },
    praise="Each row sums to 0: the weights always sum to 1, so what one gains, the others lose.",
)
