"""Chapter 04: weights at a temperature, from code with a bug."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.stabilizing import softmax_of
from course.exercises.trying import Draw


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
        "this is still the code as given. Try it at two temperatures: do the weights change?": (
            _as_given
        ),
        "the temperature multiplies the scores: hot became cold. It divides them.": (
            lambda scores, temperature: weights_at(scores, 1 / temperature)
        ),
        "the temperature divides the finished weights, whose rows must sum to 1. It belongs to the "
        "scores.": lambda scores, temperature: scores.softmax(dim=-1) / temperature,
        "the largest score is subtracted before the scores are divided, and is not divided itself: "
        "large scores overflow or vanish.": lambda scores, temperature: softmax_of(
            scores / temperature - scores.max(dim=-1, keepdim=True).values
        ),
        "scores near 900 overflow now: the row's largest must still be subtracted.": (
            lambda scores, temperature: softmax_of(scores / temperature)
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
