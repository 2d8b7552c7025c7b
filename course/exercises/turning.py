"""Turning pairs of numbers by their places (RoPE): two exercises of chapter 08."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.positions import sinusoidal
from course.exercises.exercise import Exercise, close, missing

LENGTH, SIZE = 5, 8


def _fault_of_turned(answer: list[float]) -> str | None:
    given = torch.as_tensor(answer, dtype=torch.float64)
    if given.shape != (2,):
        return f"a pair has two numbers; got the shape {tuple(given.shape)}."
    known = {
        (
            1.0,
            -3.0,
        ): "you turned clockwise. A positive angle turns from the x-axis toward the y-axis.",
        (3.0, 1.0): "that is the pair as it was, at place 0.",
        (1.41, 2.83): "you turned by 45°, as for place 1. Place 2 turns twice as far.",
        (1.0, 3.0): "the right numbers, but one has the wrong sign: cos 90° = 0, sin 90° = 1.",
        (-3.0, -1.0): "you turned by 180°: that is place 4.",
    }
    if close(given, (-1.0, 3.0), 0.02):
        return None
    for pair, hint in known.items():
        if close(given, pair, 0.02):
            return hint
    return "not this. x cos a − y sin a comes first, then x sin a + y cos a, with a = 90°."


TURNED = Exercise(
    find_fault=_fault_of_turned,
    solution=[-1.0, 3.0],
    mistakes={
        "turned clockwise": [1.0, -3.0],
        "at place 0": [3.0, 1.0],
        "as for place 1": [1.41, 2.83],
        "the wrong sign": [1.0, 3.0],
        "place 4": [-3.0, -1.0],
        "a pair has two numbers": [-1.0, 3.0, 0.0],
    },
    praise="A turn moves the arrow and keeps its length: 10 before, 10 after, as a sum of squares.",
)


def turn(x: Float[Tensor, "T D"], places: Int[Tensor, " T"]) -> Float[Tensor, "T D"]:
    size = x.shape[-1]
    speed = 10_000 ** (-torch.arange(0, size, 2) / size)
    angle = places[:, None] * speed
    a, b = x[:, ::2], x[:, 1::2]
    turned = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    return torch.stack(turned, dim=-1).flatten(1)


def _half_pairs(x: Tensor, places: Tensor) -> Tensor:
    mixed = x.unflatten(-1, (2, -1)).mT.flatten(-2)
    return turn(mixed, places).unflatten(-1, (-1, 2)).mT.flatten(-2)


def _backward(x: Tensor, places: Tensor) -> Tensor:
    return turn(x, -places)


def _same_speed(x: Tensor, places: Tensor) -> Tensor:
    pairs = x.unflatten(-1, (-1, 2))
    return torch.stack([turn(p, places) for p in pairs.unbind(1)], dim=1).flatten(1)


def _overwrites(x: Tensor, places: Tensor) -> Tensor:
    size = x.shape[-1]
    angle = places[:, None] * 10_000 ** (-torch.arange(0, size, 2) / size)
    x = x.clone()
    x[:, ::2] = x[:, ::2] * angle.cos() - x[:, 1::2] * angle.sin()
    x[:, 1::2] = x[:, ::2] * angle.sin() + x[:, 1::2] * angle.cos()
    return x


def _adds(x: Tensor, places: Tensor) -> Tensor:
    return x + sinusoidal(int(places.max()) + 1, x.shape[-1])[places]


def _fault_of_turn(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(turn)."
    x = torch.randn(LENGTH, SIZE, generator=torch.Generator().manual_seed(0))
    places = torch.tensor([0, 1, 2, 5, 9])
    given = answer(x.clone(), places)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "you paired number i with number i + D/2 (“half”); pair neighbors: (0, 1), (2, 3), …": (
            _half_pairs
        ),
        "you turned the other way: x cos a − y sin a, then x sin a + y cos a.": _backward,
        "all pairs turn at the same speed: pair i turns by place · 10000^(−2i/D).": _same_speed,
        "the second line reads numbers that the first has overwritten: keep x as it was.": (
            _overwrites
        ),
        "you added waves, as for the embedding. RoPE turns the vector and adds nothing.": _adds,
        "your vectors are unchanged: nothing was turned.": lambda x, places: x,
    }
    for hint, mistake in known.items():
        if close(given, mistake(x, places), 1e-5):
            return hint
    if given.shape != x.shape:
        return f"turning keeps the shape {tuple(x.shape)}, yours is {tuple(given.shape)}."
    if not close(given.norm(dim=-1), x.norm(dim=-1), 1e-4):
        return "the lengths of the vectors changed; a turn leaves them as they are."
    if not close(given, turn(x, places), 1e-5):
        return (
            "the lengths are right, the numbers are not: print the angle of place 1, pair 0 (1.0)."
        )
    return None


TURN = Exercise(
    find_fault=_fault_of_turn,
    solution=turn,
    mistakes={
        "pair neighbors": _half_pairs,
        "the other way": _backward,
        "at the same speed": _same_speed,
        "overwritten": _overwrites,
        "adds nothing": _adds,
        "nothing was turned": lambda x, places: x,
        "lengths of the vectors changed": lambda x, places: 2 * turn(x, places),
        "keeps the shape": lambda x, places: turn(x, places).flatten(),
        "numbers are not": lambda x, places: turn(x, places + 1),
        "the function itself": sinusoidal(LENGTH, SIZE),
        "returns nothing yet": lambda x, places: ...,
    },
    praise="These lines are in most of today's language models.",
)
