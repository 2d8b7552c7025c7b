"""Chapter 03, query, key, value: the exercises and what can go wrong in them."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.answers import numbers_of
from course.exercises.batching import LOOK_IN_EACH
from course.exercises.by_hand import by_hand
from course.exercises.exercise import Exercise
from course.exercises.in_code import Inputs, in_code
from course.exercises.looking_up import LookUp, draw_games
from course.exercises.training_look_up import LOOK_UP
from course.exercises.trying import Draw

__all__ = [
    "AIM",
    "LOOK",
    "LOOK_IN_EACH",
    "LOOK_UP",
    "WEIGHTS_BY_HAND",
    "LookUp",
    "draw_games",
]


SCORES = torch.tensor([4.0, 2.0, 1.0], dtype=torch.float64)
COMPASS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)


def _softmax(scores: Tensor) -> list[float]:
    return list(scores.softmax(dim=-1).tolist())


def _sum_is_off(given: Tensor) -> str | None:
    total = float(given.sum())
    if len(given) == 3 and abs(total - 1) > 0.02:
        return f"the weights sum to {total:.2f}; they must sum to 1."
    return None


_SCORES_GIVEN = (
    "these are {}scores. Weights come after the softmax: exponentials, divided by their sum."
)
WEIGHTS_BY_HAND = by_hand(
    _softmax(SCORES / math.sqrt(2)),
    within=0.006,
    known={
        _SCORES_GIVEN.format(""): SCORES.tolist(),
        _SCORES_GIVEN.format("scaled "): (SCORES / math.sqrt(2)).tolist(),
        "the scores were not divided by √2, the root of the size of a key.": _softmax(SCORES),
        "the scores were divided by 2; it is the root of the size, √2.": _softmax(SCORES / 2),
        "the scores were divided by √3, the root of the number of keys; it is the root of a key's "
        "size, √2.": _softmax(SCORES / math.sqrt(3)),
        "the scores were multiplied by √2: divide by it.": _softmax(SCORES * math.sqrt(2)),
        "you divided the scores by their sum. Take their exponentials first.": (
            (SCORES / SCORES.sum()).tolist()
        ),
        "the right numbers in the wrong order: the first weight belongs to the first key.": (
            _softmax(SCORES.flip(0) / math.sqrt(2))
        ),
    },
    asked="there are three keys, so three weights",
    remark=_sum_is_off,
    otherwise="not these. Do it in four steps: three dot products, ÷ √2, exponentials, ÷ their "
    "sum.",
    solution=[0.73, 0.18, 0.09],
    also={
        "must sum to 1": [0.73, 0.18, 0.18],
        "three weights": [0.73, 0.27],
        "four steps": [0.5, 0.3, 0.2],
    },
    praise="The key whose direction is closest to the query's gets most of the weight.",
)


def look(
    query: Float[Tensor, "Tq D"], key: Float[Tensor, "Tk D"], value: Float[Tensor, "Tk Dv"]
) -> Float[Tensor, "Tq Dv"]:
    scores = query @ key.T / query.shape[-1] ** 0.5
    weights = scores.softmax(dim=-1)
    return weights @ value


def _divided_by(query: Tensor, key: Tensor, value: Tensor, divisor: float) -> Tensor:
    return (query @ key.T / divisor).softmax(dim=-1) @ value


def _wrong_axis(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T / query.shape[-1] ** 0.5).softmax(dim=0) @ value


def _over_all(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = query @ key.T / query.shape[-1] ** 0.5
    return scores.flatten().softmax(dim=0).view_as(scores) @ value


def _no_scale(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return _divided_by(query, key, value, 1)


def _whole_size(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return _divided_by(query, key, value, query.shape[-1])


def _number_of_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return _divided_by(query, key, value, len(key) ** 0.5)


def _always_root_two(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return _divided_by(query, key, value, 2**0.5)


def _multiplied(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return _divided_by(query, key, value, query.shape[-1] ** -0.5)


def _scaled_late(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T).softmax(dim=-1) / query.shape[-1] ** 0.5 @ value


def _no_softmax(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return query @ key.T / query.shape[-1] ** 0.5 @ value


def _no_sum(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T / query.shape[-1] ** 0.5).exp() @ value


def _hard(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return value[(query @ key.T).argmax(dim=-1)]


def _gives_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return look(query, key, key)


def _gives_weights(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T / query.shape[-1] ** 0.5).softmax(dim=-1)


def _heads(draw: Draw) -> Sequence[Inputs]:
    sizes = (4, 5, 3, 3), (2, 6, 5, 3), (7, 3, 4, 6), (3, 1, 6, 2)
    return [(draw.normal(q, d), draw.normal(k, d), draw.normal(k, dv)) for q, k, d, dv in sizes]


LOOK = in_code(
    look,
    _heads,
    known={
        "the columns sum to 1: softmax over the wrong axis? Each row must (dim=-1).": _wrong_axis,
        "one softmax over the whole matrix: each row must sum to 1 (dim=-1).": _over_all,
        "the scores are not divided by √D: long vectors would look at one key only.": _no_scale,
        "the scores are divided by D; it is its root, √D.": _whole_size,
        "the scores are divided by √Tk, the root of the number of keys; it is √D.": _number_of_keys,
        "the scores are divided by √2 always: D is the last size of the query.": _always_root_two,
        "the scores are multiplied by √D: divide by it.": _multiplied,
        "the weights are divided by √D. Divide the scores, before the softmax.": _scaled_late,
        "there is no softmax between the scores and the sum.": _no_softmax,
        "the exponentials are not divided by their sum: each row of weights must sum to 1.": (
            _no_sum
        ),
        "each query takes the value of its best key alone: softmax gives the others a part.": (
            _hard
        ),
        "you mixed the keys. What a token gives is its value.": _gives_keys,
        "these are the weights. The output is weights @ value.": _gives_weights,
    },
    shape="a row per query, as wide as a value",
    advice="the shape is right, the numbers are not: compare with the three lines above.",
    also={
        "a row per query": lambda query, key, value: look(query, key, value).T,
        "three lines above": lambda query, key, value: look(-query, key, value),
    },
    praise="Those three lines are the heart of every model in this book.",
)


def _fault_of_aim(answer: object) -> str | None:
    query = numbers_of(answer)
    if query.shape != (2,):
        return f"a query here has two numbers; got {len(query)}."
    weights = (COMPASS @ query / math.sqrt(2)).softmax(-1)
    third, best = float(weights[2]), float(weights.max())
    if third >= 0.9:
        return None
    if float(query.norm()) == 0:
        return "a query of zeros fits every key equally: each gets 0.25."
    winners = [n for n, weight in enumerate(weights.tolist()) if weight > best - 1e-9]
    if winners == [2] and float(query[1]) != 0:
        return f"not quite straight: the third key points left, (−1, 0), and gets {third:.4f}."
    if winners == [2]:
        return (
            f"the right direction, but the third key gets only {third:.4f}. "
            "What does making the query longer do?"
        )
    if 2 in winners:
        tied = next(n for n in winners if n != 2)
        return f"halfway: the keys number 3 and {tied + 1} fit equally. Turn to the third alone."
    if winners == [0]:
        return "that is the opposite way: the first key gets the most. Turn the query around."
    return f"the key number {winners[0] + 1} gets the most. Which way does the third key point?"


AIM = Exercise(
    find_fault=_fault_of_aim,
    solution=[-5.0, 0.0],
    mistakes={
        "the right direction": [-1.0, 0.0],
        "only 0.899": [-4.12, 0.0],
        "not quite straight": [-3.0, 1.0],
        "halfway": [-5.0, -5.0],
        "the opposite way": [5.0, 0.0],
        "fits every key equally": [0.0, 0.0],
        "key number 4": [0.0, -5.0],
        "two numbers": [-5.0, 0.0, 0.0],
        "ordinary numbers": [math.nan, 0.0],
    },
    praise="The direction chooses the key, the length says how decidedly.",
)
