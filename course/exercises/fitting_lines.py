"""Chapter 17: local linear regression, a line through the neighbors in place of their mean."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def local_linear(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    away = keys - query[:, None]
    fits = torch.exp(-(away**2) / (2 * width**2))
    weights = fits / fits.sum(dim=1, keepdim=True)
    center = (weights * away).sum(dim=1, keepdim=True)
    spread = (weights * (away - center) ** 2).sum(dim=1)
    slope = (weights * (away - center) * values).sum(dim=1) / spread
    return weights @ values - slope * center[:, 0]


def _parts(query: Tensor, keys: Tensor, values: Tensor, width: float) -> tuple[Tensor, ...]:
    """The mean of the values, their slope and the keys' mean distance, for every query."""
    away = keys - query[:, None]
    weights = (-(away**2) / (2 * width**2)).softmax(dim=1)
    center = (weights * away).sum(dim=1)
    spread = (weights * (away - center[:, None]) ** 2).sum(dim=1)
    slope = (weights * (away - center[:, None]) * values).sum(dim=1) / spread
    return weights @ values, slope, center


def _mean(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    return _parts(query, keys, values, width)[0]


def _wrong_way(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    mean, slope, center = _parts(query, keys, values, width)
    return mean + slope * center


def _at_zero(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    mean, slope, center = _parts(query, keys, values, width)
    return mean - slope * (center + query)


def _slope_of_all(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    mean, _, center = _parts(query, keys, values, width)
    away = keys - keys.mean()
    return mean - (away @ values) / (away @ away) * center


def _uncentered(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
    away = keys - query[:, None]
    weights = (-(away**2) / (2 * width**2)).softmax(dim=1)
    center = (weights * away).sum(dim=1)
    slope = (weights * away * values).sum(dim=1) / (weights * away**2).sum(dim=1)
    return weights @ values - slope * center


def _neighbors(draw: Draw) -> Sequence[Inputs]:
    sizes = (3, 6, 1.0), (1, 5, 0.8), (4, 8, 2.0), (2, 7, 1.2)
    cases = []
    for queries, stored, width in sizes:
        keys = torch.arange(stored) + 0.6 * draw.uniform(stored)
        query = 0.5 + (stored - 2) * draw.uniform(queries)
        cases.append((query, keys, draw.normal(stored), width))
    return cases


LOCAL_LINEAR = in_code(
    local_linear,
    _neighbors,
    known={
        "this is the weighted mean, chapter 01's dictionary: no line is fitted yet.": _mean,
        "the line is followed the wrong way: the keys stand on average at `center`, the query at "
        "0, so subtract slope · center.": _wrong_way,
        "this is the line's height at 0, not at the query.": _at_zero,
        "the slope is that of all keys alike: weigh each key in it, too.": _slope_of_all,
        "the slope is taken around the query: subtract the keys' weighted mean first.": _uncentered,
        "this is one line through all keys, with equal weights: local it is not.": (
            lambda query, keys, values, width: local_linear(query, keys, values, 1e4 * width)
        ),
        "the width is not squared: exp(−distance² / 2 width²).": (
            lambda query, keys, values, width: local_linear(query, keys, values, width**0.5)
        ),
    },
    shape="one number per query",
    axes=("query",),
    advice="not this. A weighted mean, less slope times the weighted mean of the distances.",
    also={
        "less slope times": lambda query, keys, values, width: (
            -local_linear(query, keys, values, width)
        ),
        "the shape is": lambda query, keys, values, width: local_linear(query, keys, values, width)[
            :, None
        ],
    },
    praise="At the edge, where all neighbors stand on one side, it follows their slope.",
    tolerance=1e-4,
)
