"""Chapter 10: the exercise on the induction score (Olsson et al., 2022)."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def score_of(weights: Float[Tensor, "T T"], length: int) -> Float[Tensor, ""]:
    here = torch.arange(length, 2 * length - 1)
    return weights[here, here - length + 1].mean()


def _same_token(weights: Tensor, length: int) -> Tensor:
    here = torch.arange(length, 2 * length)
    return weights[here, here - length].mean()


def _previous(weights: Tensor, length: int) -> Tensor:
    here = torch.arange(length, 2 * length - 1)
    return weights[here, here - 1].mean()


def _last_query_too(weights: Tensor, length: int) -> Tensor:
    here = torch.arange(length, 2 * length)
    return weights[here, here - length + 1].mean()


def _first_half_too(weights: Tensor, length: int) -> Tensor:
    return weights.diagonal(1 - length).mean()


def _without_last(weights: Tensor, length: int) -> Tensor:
    here = torch.arange(length - 1, 2 * length - 1)
    return weights[here, here - length + 1].mean()


def _repeated_texts(draw: Draw) -> Sequence[Inputs]:
    """Causal maps, and one that is not, whose transpose has an answer as well."""
    cases: list[Inputs] = [(draw.weights(8, 8), 4)]
    for length in (5, 3, 7, 2):
        scores = 2 * draw.normal(2 * length, 2 * length)
        future = torch.ones_like(scores).triu(1) > 0
        cases.append((scores.masked_fill(future, -math.inf).softmax(dim=-1), length))
    return cases


INDUCTION = in_code(
    score_of,
    _repeated_texts,
    known={
        "this is the weight on the same token's first place; what is to be copied stands one "
        "place after it.": _same_token,
        "this is the weight on the token just before: a previous-token head, not induction.": (
            _previous
        ),
        "row and column are exchanged: weights[query, key].": (
            lambda weights, length: score_of(weights.T, length)
        ),
        "the last query has no answer in the first half: leave it out.": _last_query_too,
        "the whole diagonal holds two queries too many: the last of the first half, and the last "
        "of all, whose answer is not in the first half.": _first_half_too,
        "the query at place length − 1 still reads the first half: begin at place length.": (
            _without_last
        ),
        "take the mean over the places of the second half that have an answer, not over all.": (
            lambda weights, length: score_of(weights, length) * (length - 1) / (2 * length)
        ),
        "the sum is right, but divided by length: length − 1 queries have an answer.": (
            lambda weights, length: score_of(weights, length) * (length - 1) / length
        ),
        "this is the sum: take the mean over the queries that have an answer.": (
            lambda weights, length: score_of(weights, length) * (length - 1)
        ),
    },
    shape="one number",
    advice="not this. The query at place i, from length on, looks at key i − length + 1.",
    also={"from length on": lambda weights, length: weights.mean()},
    praise="One diagonal of the map, and it names the heads that can learn from what they read.",
)
