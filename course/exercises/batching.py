"""Chapter 03: attention in a batch of sentences, from code with a bug."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def look_in_each(
    query: Float[Tensor, "B Tq D"], key: Float[Tensor, "B Tk D"], value: Float[Tensor, "B Tk Dv"]
) -> Float[Tensor, "B Tq Dv"]:
    scores = query @ key.mT / query.shape[-1] ** 0.5
    weights = scores.softmax(dim=-1)
    return weights @ value


def _scaled_by(query: Tensor, key: Tensor, value: Tensor, divisor: float) -> Tensor:
    return (query @ key.mT / divisor).softmax(dim=-1) @ value


def _as_given(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return _scaled_by(query, key, value, query.shape[1] ** 0.5)


def _softmax_over(query: Tensor, key: Tensor, value: Tensor, axis: int) -> Tensor:
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=axis) @ value


def _batches(draw: Draw) -> Sequence[Inputs]:
    """D is never the number of queries, of keys or of sentences."""
    sizes = (2, 3, 5, 4, 3), (3, 6, 2, 5, 2), (1, 2, 4, 3, 3)
    return [
        (draw.normal(b, q, d), draw.normal(b, k, d), draw.normal(b, k, dv))
        for b, q, k, d, dv in sizes
    ]


LOOK_IN_EACH = in_code(
    look_in_each,
    _batches,
    known={
        "that is still what the code as given does. What is axis 1 of the query since there is a "
        "batch in front, and what was it before?": _as_given,
        "the scores are divided by √Tk now, the root of the number of keys; it is √D.": (
            lambda query, key, value: _scaled_by(query, key, value, key.shape[1] ** 0.5)
        ),
        "the scores are divided by √B, the root of the number of sentences; it is √D.": (
            lambda query, key, value: _scaled_by(query, key, value, len(query) ** 0.5)
        ),
        "the scores are not divided any more. Divide them by √D.": (
            lambda query, key, value: _scaled_by(query, key, value, 1)
        ),
        "the scores are divided by D; it is its root, √D.": (
            lambda query, key, value: _scaled_by(query, key, value, query.shape[-1])
        ),
        "the softmax was right: its last axis holds the keys (dim=-1).": (
            lambda query, key, value: _softmax_over(query, key, value, 1)
        ),
        "one softmax over the sentences: it belongs over the keys (dim=-1).": (
            lambda query, key, value: _softmax_over(query, key, value, 0)
        ),
    },
    shape="one row per query in each sentence",
    axes=("sentence", "query", "number"),
    advice="not these numbers. One size in the code is not the one that it was.",
    also={
        "one row per query in each sentence": lambda query, key, value: query.mean(dim=1) + 0,
        "One size in the code": lambda query, key, value: look_in_each(-query, key, value),
    },
    praise="Counting axes from the end (-1) survives a new axis in front; counting from 0 does "
    "not.",
)
