"""Chapter 03, query, key, value: the exercises and what can go wrong in them."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing

KEYS = torch.tensor([[1.0, 2.0], [1.0, 0.0], [0.0, 1.0]])
QUERY = torch.tensor([2.0, 1.0])
COMPASS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


def _fault_of_weights(answer: list[float]) -> str | None:
    given = torch.as_tensor(answer, dtype=torch.float64)
    if given.shape != (3,):
        return f"there are three keys, so three weights; got the shape {tuple(given.shape)}."
    scores = (KEYS @ QUERY).double()
    right = (scores / math.sqrt(2)).softmax(-1)
    if close(given, right, 0.006):
        return None
    if close(given, scores, 0.006) or close(given, scores / math.sqrt(2), 0.006):
        return (
            "these are scores. Weights come after the softmax: exponentials, divided by their sum."
        )
    if close(given, scores.softmax(-1), 0.006):
        return "the scores were not divided by √2, the root of the size of a key."
    if close(given, (scores / 2).softmax(-1), 0.006):
        return "the scores were divided by 2; it is the root of the size, √2."
    if close(given, scores / scores.sum(), 0.006):
        return "you divided the scores by their sum. Take their exponentials first."
    if close(given, right.flip(0), 0.006):
        return "the right numbers in the wrong order: the first weight belongs to the first key."
    if abs(float(given.sum()) - 1) > 0.02:
        return f"the weights sum to {float(given.sum()):.2f}; they must sum to 1."
    return "not these. Do it in four steps: three dot products, ÷ √2, exponentials, ÷ their sum."


WEIGHTS_BY_HAND = Exercise(
    find_fault=_fault_of_weights,
    solution=[0.73, 0.18, 0.09],
    mistakes={
        "these are scores": [4.0, 2.0, 1.0],
        "not divided by √2": [0.84, 0.11, 0.04],
        "it is the root of the size": [0.63, 0.23, 0.14],
        "Take their exponentials first": [0.57, 0.29, 0.14],
        "wrong order": [0.09, 0.18, 0.73],
        "must sum to 1": [0.73, 0.18, 0.18],
        "three weights": [0.73, 0.27],
    },
    praise="The key whose direction is closest to the query's gets most of the weight.",
)


def look(
    query: Float[Tensor, "Tq D"], key: Float[Tensor, "Tk D"], value: Float[Tensor, "Tk Dv"]
) -> Float[Tensor, "Tq Dv"]:
    scores = query @ key.T / query.shape[-1] ** 0.5
    weights = scores.softmax(dim=-1)
    return weights @ value


def _wrong_axis(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T / query.shape[-1] ** 0.5).softmax(dim=0) @ value


def _no_scale(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T).softmax(dim=-1) @ value


def _whole_size(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T / query.shape[-1]).softmax(dim=-1) @ value


def _no_softmax(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return query @ key.T / query.shape[-1] ** 0.5 @ value


def _gives_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return look(query, key, key)


def _gives_weights(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T / query.shape[-1] ** 0.5).softmax(dim=-1)


def _fault_of_look(answer: object) -> str | None:
    source = torch.Generator().manual_seed(0)
    query = torch.randn(4, 3, generator=source, dtype=torch.float64)
    key = torch.randn(5, 3, generator=source, dtype=torch.float64)
    value = torch.randn(5, 3, generator=source, dtype=torch.float64)
    if not callable(answer):
        return "give the function itself, without calling it: check(look)."
    given = answer(query, key, value)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "the columns sum to 1: softmax over the wrong axis? Each row must (dim=-1).": _wrong_axis,
        "the scores are not divided by √D: long vectors would look at one key only.": _no_scale,
        "the scores are divided by D; it is its root, √D.": _whole_size,
        "there is no softmax between the scores and the sum.": _no_softmax,
        "you mixed the keys. What a token gives is its value.": _gives_keys,
        "these are the weights. The output is weights @ value.": _gives_weights,
    }
    if (hint := known_mistake(given, known, query, key, value)) is not None:
        return hint
    if tuple(given.shape) != (4, 3):
        return (
            f"for 4 queries and values of size 3 the output is (4, 3), yours {tuple(given.shape)}."
        )
    if not close(given, look(query, key, value)):
        return "the shape is right, the numbers are not: compare with the three lines above."
    return None


LOOK = Exercise(
    find_fault=_fault_of_look,
    solution=look,
    mistakes={
        "the columns sum to 1": _wrong_axis,
        "not divided by √D": _no_scale,
        "its root, √D": _whole_size,
        "no softmax": _no_softmax,
        "What a token gives is its value": _gives_keys,
        "The output is weights @ value": _gives_weights,
        "the function itself": look(KEYS, KEYS, KEYS),
        "returns nothing yet": lambda query, key, value: ...,
    },
    praise="Those three lines are the heart of every model in this book.",
)


def _fault_of_aim(answer: list[float]) -> str | None:
    query = torch.as_tensor(answer, dtype=torch.float32)
    if query.shape != (2,):
        return f"a query here has two numbers; got the shape {tuple(query.shape)}."
    weights = (COMPASS @ query / math.sqrt(2)).softmax(-1)
    third, best = float(weights[2]), int(weights.argmax())
    if third >= 0.9:
        return None
    if float(query.norm()) == 0:
        return "a query of zeros fits every key equally: each gets 0.25."
    if best == 2:
        return (
            f"the right direction, but the third key gets only {third:.2f}. "
            "What does making the query longer do?"
        )
    if best == 0:
        return "that is the opposite way: the first key gets the most. Turn the query around."
    return f"the key number {best + 1} gets the most. Which way does the third key point?"


AIM = Exercise(
    find_fault=_fault_of_aim,
    solution=[-5.0, 0.0],
    mistakes={
        "the right direction": [-1.0, 0.0],
        "the opposite way": [5.0, 0.0],
        "fits every key equally": [0.0, 0.0],
        "key number 4": [0.0, -5.0],
        "two numbers": [-5.0, 0.0, 0.0],
    },
    praise="The direction chooses the key, the length says how decidedly.",
)
