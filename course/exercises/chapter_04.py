"""Chapter 04, softmax and scale: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw

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


def stable_softmax(scores: Tensor) -> Tensor:
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    exponentials = shifted.exp()
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def _softmax_of(shifted: Tensor) -> Tensor:
    return shifted.exp() / shifted.exp().sum(dim=-1, keepdim=True)


def _unshifted(scores: Tensor) -> Tensor:
    return _softmax_of(scores)


def _one_shift_for_all(scores: Tensor) -> Tensor:
    return _softmax_of(scores - scores.max())


def _shifted_by_the_mean(scores: Tensor) -> Tensor:
    return _softmax_of(scores - scores.mean(dim=-1, keepdim=True))


def _shifted_by_the_smallest(scores: Tensor) -> Tensor:
    return _softmax_of(scores - scores.amin(dim=-1, keepdim=True))


def _shifted_by_the_first(scores: Tensor) -> Tensor:
    return _softmax_of(scores - scores[..., :1])


def _shifted_by_the_size(scores: Tensor) -> Tensor:
    return _softmax_of(scores - scores.abs().amax(dim=-1, keepdim=True))


def _one_sum_for_all(scores: Tensor) -> Tensor:
    exponentials = (scores - scores.max(dim=-1, keepdim=True).values).exp()
    return exponentials / exponentials.sum()


def _over_the_columns(scores: Tensor) -> Tensor:
    return stable_softmax(scores.mT).mT


def _over_axis_one(scores: Tensor) -> Tensor:
    return stable_softmax(scores.movedim(1, -1)).movedim(-1, 1)


def _divided_by_the_largest(scores: Tensor) -> Tensor:
    return _softmax_of(scores / scores.max(dim=-1, keepdim=True).values)


def _score_tables(draw: Draw) -> Sequence[Inputs]:
    far = [[1000.0, 999.0]], [[0.0, 1000.0]], [[1000.0, 0.0]], [[0.0, 100.0]], [[-1000.0, -999.0]]
    tied = torch.tensor([[2.0, 2.0, 2.0], [1000.0, 1000.0, 0.0], [-1000.0, 0.0, 0.0]])
    return [
        (2 * draw.normal(2, 3),),
        *((torch.tensor(rows),) for rows in far),
        (torch.tensor([[1000.0, 999.0], [1.0, 0.0]]),),
        (tied,),
        (2 * draw.normal(5, 4),),
        (2 * draw.normal(3, 1),),
        (2 * draw.normal(2, 3, 4),),
    ]


STABLE_SOFTMAX = in_code(
    stable_softmax,
    _score_tables,
    tolerance=1e-4,  # near 1000 the scores themselves are 3e-5 apart
    known={
        "scores near 1000 overflow: subtract the largest of the row from each first.": _unshifted,
        "one maximum for the whole matrix: a row far below it becomes 0/0. "
        "Subtract each row's own.": _one_shift_for_all,
        "you subtracted the row's mean: a score far above it still overflows. Subtract the row's "
        "largest.": _shifted_by_the_mean,
        "you subtracted the row's smallest: a score far above it still overflows. Subtract the "
        "row's largest.": _shifted_by_the_smallest,
        "you subtracted the row's first score: a later one may be far above it. Subtract the row's "
        "largest.": _shifted_by_the_first,
        "you subtracted the largest without its sign: a row near −1000 becomes 0/0. Subtract the "
        "row's largest as it is.": _shifted_by_the_size,
        "the columns sum to 1: maximum and sum must run along the last axis, each row alone.": (
            _over_the_columns
        ),
        "with three axes yours runs along the second; the last is dim=-1.": _over_axis_one,
        "one sum for the whole matrix: each row must sum to 1 (dim=-1, keepdim=True).": (
            _one_sum_for_all
        ),
        "you divided by the largest score. Subtract it: only that leaves the weights alone.": (
            _divided_by_the_largest
        ),
    },
    shape="as many weights as scores",
    advice="these are not the softmax's weights.",
    also={
        "these are not the softmax's weights": lambda scores: scores,
        "the shape is": lambda scores: torch.stack(
            [stable_softmax(scores[0]), stable_softmax(scores[-1])]
        ),
    },
    praise="This is what every library does; fast ones do it without ever seeing the whole row.",
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


def weights_at(scores: Tensor, temperature: float) -> Tensor:
    scores = scores / temperature
    exponentials = (scores - scores.max(dim=-1, keepdim=True).values).exp()
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def _as_given(scores: Tensor, temperature: float) -> Tensor:
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    exponentials = shifted.exp() / temperature
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def _scores_and_temperatures(draw: Draw) -> Sequence[Inputs]:
    high = torch.tensor([[900.0, 901.0], [3.0, 1.0]])
    return [
        (draw.normal(2, 3), 0.5),
        (2 * draw.normal(3, 4), 2.0),
        (draw.normal(4, 2), 1.0),
        (high, 0.25),
        (torch.tensor([[60.0, 59.0]]), 0.5),
        (-high, 3.0),
    ]


WEIGHTS_AT = in_code(
    weights_at,
    _scores_and_temperatures,
    tolerance=1e-4,
    known={
        "this is still the code as given. Try it at two temperatures: the weights are the same, "
        "since what divides every exponential falls out of the last line.": _as_given,
        "the temperature multiplies the scores: hot became cold. It divides them.": (
            lambda scores, temperature: weights_at(scores, 1 / temperature)
        ),
        "the temperature divides the finished weights, whose rows must sum to 1. It belongs to the "
        "scores.": lambda scores, temperature: scores.softmax(dim=-1) / temperature,
        "the largest score is subtracted before the scores are divided, and is not divided itself: "
        "large scores overflow or vanish.": lambda scores, temperature: _softmax_of(
            scores / temperature - scores.max(dim=-1, keepdim=True).values
        ),
        "scores near 900 overflow now: the row's largest must still be subtracted.": (
            lambda scores, temperature: _softmax_of(scores / temperature)
        ),
        "the columns sum to 1: maximum and sum must run along the last axis, each row alone.": (
            lambda scores, temperature: weights_at(scores.T, temperature).T
        ),
    },
    shape="as many weights as scores",
    axes=("query", "key"),
    advice="not these weights: softmax of the scores divided by the temperature.",
    also={
        "softmax of the scores divided by the temperature": lambda scores, temperature: weights_at(
            scores, temperature**0.5
        ),
    },
    praise="At temperature 1 it was right, and everyone tests there. Test where a setting matters.",
)
