"""Chapter 05: a causal mask beside kept keys, from code with a bug."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def look_back(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = query @ key.T / key.shape[-1] ** 0.5
    q = torch.arange(len(query))[:, None] + len(key) - len(query)
    k = torch.arange(len(key))[None, :]
    return scores.masked_fill(k > q, -torch.inf).softmax(dim=-1) @ value


def _look(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor) -> Tensor:
    scores = query @ key.T / key.shape[-1] ** 0.5
    return scores.masked_fill(hidden, -torch.inf).softmax(dim=-1) @ value


def _after(query: Tensor, key: Tensor, first: int) -> Tensor:
    """Where the key stands after the query, when the first query stands at `first`."""
    return torch.arange(len(key)) > torch.arange(len(query))[:, None] + first


def _kept_keys(draw: Draw) -> Sequence[Inputs]:
    sizes = (1, 5, 4), (2, 5, 3), (4, 4, 2), (3, 7, 4), (1, 1, 2)
    return [(draw.normal(q, d), *draw.normal(2, k, d).unbind()) for q, k, d in sizes]


LOOK_BACK = in_code(
    look_back,
    _kept_keys,
    known={
        "this is still the code as given. With one query and five keys, which keys does it see?": (
            lambda query, key, value: _look(query, key, value, _after(query, key, 0))
        ),
        "nothing is hidden now: of several new words, an earlier one sees a later one.": (
            lambda query, key, value: _look(query, key, value, _after(query, key, len(key)))
        ),
        "one place too far to the left: the last query must see the last key.": (
            lambda query, key, value: _look(
                query, key, value, _after(query, key, len(key) - len(query) - 1)
            )
        ),
        "one place too far to the right: all but the last query see a key of the future.": (
            lambda query, key, value: _look(
                query, key, value, _after(query, key, len(key) - len(query) + 1)
            )
        ),
        "the places are shifted the wrong way: the first query stands Tk − Tq keys to the right.": (
            lambda query, key, value: _look(
                query, key, value, _after(query, key, len(query) - len(key))
            )
        ),
        "you dropped the older keys, which were kept in order to be looked at. Leave them all in, "
        "and move the queries' places.": lambda query, key, value: look_back(
            query, key[-len(query) :], value[-len(query) :]
        ),
    },
    shape="a row per query, as wide as a value",
    axes=("query", "number"),
    advice="not this: the last query stands at the last key, the one before it one key earlier.",
    also={
        "one key earlier": lambda query, key, value: look_back(query, key, value).flip(0),
    },
    praise="With as many queries as keys both are right, so training hides it; writing shows it.",
)
