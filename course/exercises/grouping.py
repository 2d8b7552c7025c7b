"""Chapter 13, find the bug: query heads that share key heads, in the wrong groups."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def grouped(
    query: Float[Tensor, "H T D"], key: Float[Tensor, "G T D"], value: Float[Tensor, "G T D"]
) -> Float[Tensor, "H T D"]:
    share = query.shape[0] // key.shape[0]
    key = key.repeat_interleave(share, dim=0)
    value = value.repeat_interleave(share, dim=0)
    scores = query @ key.mT / query.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ value


def as_given(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    share = query.shape[0] // key.shape[0]
    key = key.repeat(share, 1, 1)
    value = value.repeat(share, 1, 1)
    scores = query @ key.mT / query.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ value


def _key_alone(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    share = query.shape[0] // key.shape[0]
    return grouped(query, key.repeat_interleave(share, 0), value.repeat(share, 1, 1))


def _value_alone(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    share = query.shape[0] // key.shape[0]
    return grouped(query, key.repeat(share, 1, 1), value.repeat_interleave(share, 0))


def _first_for_all(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return grouped(query, key[:1], value[:1])


def _by_groups(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    share = query.shape[0] // key.shape[0]
    narrow = query * (query.shape[-1] / share) ** 0.5 / query.shape[-1] ** 0.5
    return grouped(narrow, key, value)


def _unscaled(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return grouped(query * query.shape[-1] ** 0.5, key, value)


def _averaged(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    groups, share = key.shape[0], query.shape[0] // key.shape[0]
    means = query.view(groups, share, *query.shape[1:]).mean(dim=1)
    return grouped(means.repeat_interleave(share, 0), key, value)


def _heads(draw: Draw) -> Sequence[Inputs]:
    sizes = (4, 2, 3, 5), (9, 3, 2, 4), (6, 2, 4, 3), (3, 3, 2, 2)
    return [
        (2 * draw.normal(h, t, d), draw.normal(g, t, d), draw.normal(g, t, d))
        for h, g, t, d in sizes
    ]


GROUPED = in_code(
    grouped,
    _heads,
    known={
        "this is the code as it was given. Write down, for 4 query and 2 key heads, which key "
        "head each query head gets.": as_given,
        "the keys are mended; the values still stand in the wrong order.": _key_alone,
        "the values are mended; the keys still stand in the wrong order.": _value_alone,
        "every query head got the first key head: each of the G serves H/G of them.": (
            _first_for_all
        ),
        "the scores are not divided by √D.": _unscaled,
        "the scale is that of D: the heads that share do not change it.": _by_groups,
        "the queries of a group are not averaged: only keys and values are shared.": _averaged,
    },
    shape="(H, T, D), as the queries",
    axes=("head", "query", "number"),
    advice="not this: query head h goes with key head h // (H/G).",
    praise="`repeat` gives 0 1 0 1, `repeat_interleave` 0 0 1 1. Only real weights tell.",
)
