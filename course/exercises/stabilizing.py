"""Chapter 04: a softmax that large scores cannot break."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def stable_softmax(scores: Tensor) -> Tensor:
    shifted = scores - scores.max(dim=-1, keepdim=True).values
    exponentials = shifted.exp()
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def softmax_of(shifted: Tensor) -> Tensor:
    return shifted.exp() / shifted.exp().sum(dim=-1, keepdim=True)


def _unshifted(scores: Tensor) -> Tensor:
    return softmax_of(scores)


def _one_shift_for_all(scores: Tensor) -> Tensor:
    return softmax_of(scores - scores.max())


def _shifted_by_the_mean(scores: Tensor) -> Tensor:
    return softmax_of(scores - scores.mean(dim=-1, keepdim=True))


def _shifted_by_the_smallest(scores: Tensor) -> Tensor:
    return softmax_of(scores - scores.amin(dim=-1, keepdim=True))


def _shifted_by_the_first(scores: Tensor) -> Tensor:
    return softmax_of(scores - scores[..., :1])


def _shifted_by_the_size(scores: Tensor) -> Tensor:
    return softmax_of(scores - scores.abs().amax(dim=-1, keepdim=True))


def _one_sum_for_all(scores: Tensor) -> Tensor:
    exponentials = (scores - scores.max(dim=-1, keepdim=True).values).exp()
    return exponentials / exponentials.sum()


def _over_the_columns(scores: Tensor) -> Tensor:
    return stable_softmax(scores.mT).mT


def _over_axis_one(scores: Tensor) -> Tensor:
    return stable_softmax(scores.movedim(1, -1)).movedim(-1, 1)


def _divided_by_the_largest(scores: Tensor) -> Tensor:
    return softmax_of(scores / scores.max(dim=-1, keepdim=True).values)


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
