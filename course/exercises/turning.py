"""Turning pairs of numbers by their places (RoPE): two exercises of chapter 08."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.positions import sinusoidal
from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw

TURNED = by_hand(
    [-1.0, 3.0],
    within=0.02,
    known={
        "you turned clockwise. A positive angle turns from the x-axis toward the y-axis.": [1, -3],
        "that is the pair as it was, at place 0.": [3, 1],
        "you turned by 45°, as for place 1. Place 2 turns twice as far.": [2**0.5, 8**0.5],
        "the right numbers, but one has the wrong sign: cos 90° = 0, sin 90° = 1.": [1, 3],
        "you turned by 180°: that is place 4.": [-3, -1],
        "the right numbers in the wrong order: x comes first.": [3, -1],
    },
    asked="a pair has two numbers",
    otherwise="not this. x cos a − y sin a comes first, then x sin a + y cos a, with a = 90°.",
    also={"a pair has two numbers": [-1.0, 3.0, 0.0], "x sin a + y cos a": [0.0, 0.0]},
    praise="A turn moves the arrow and keeps its length: 10 before, 10 after, as a sum of squares.",
)


def turn(x: Float[Tensor, "T D"], places: Int[Tensor, " T"]) -> Float[Tensor, "T D"]:
    size = x.shape[-1]
    speed = 10_000 ** (-torch.arange(0, size, 2) / size)
    angle = places[:, None] * speed
    cos, sin = angle.cos(), angle.sin()
    first, second = x[:, ::2], x[:, 1::2]
    turned = first * cos - second * sin, first * sin + second * cos
    return torch.stack(turned, dim=-1).flatten(1)


def _turned_by(x: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    a, b = x[:, ::2], x[:, 1::2]
    return a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()


def _with_exponent(x: Tensor, places: Tensor, factor: float) -> Tensor:
    exponent = factor * torch.arange(0, x.shape[-1], 2) / x.shape[-1]
    return torch.stack(_turned_by(x, places[:, None] * 10_000**exponent), dim=-1).flatten(1)


def _half_pairs(x: Tensor, places: Tensor) -> Tensor:
    mixed = x.unflatten(-1, (2, -1)).mT.flatten(-2)
    return turn(mixed, places).unflatten(-1, (-1, 2)).mT.flatten(-2)


def _joined_by_cat(x: Tensor, places: Tensor) -> Tensor:
    return turn(x, places).unflatten(-1, (-1, 2)).mT.flatten(-2)


def _overwrites(x: Tensor, places: Tensor) -> Tensor:
    size = x.shape[-1]
    angle = places[:, None] * 10_000 ** (-torch.arange(0, size, 2) / size)
    x = x.clone()
    x[:, ::2] = x[:, ::2] * angle.cos() - x[:, 1::2] * angle.sin()
    x[:, 1::2] = x[:, ::2] * angle.sin() + x[:, 1::2] * angle.cos()
    return x


def _adds(x: Tensor, places: Tensor) -> Tensor:
    return x + sinusoidal(int(places.max()) + 1, x.shape[-1])[places]


def stretched(given: Tensor, wanted: Tensor, x: Tensor, places: Tensor) -> str | None:
    """The hint for a turn that changed a vector's length, or None."""
    if given.shape != wanted.shape:
        return None
    lengths = given.double().norm(dim=-1).tolist(), wanted.double().norm(dim=-1).tolist()
    for row, (mine, right) in enumerate(zip(*lengths, strict=True)):
        if not abs(mine - right) < 1e-3:
            return (
                f"the lengths of the vectors changed: row {row} was {right:.3f} long, and is "
                f"{mine:.3f} in yours. A turn leaves them as they are."
            )
    return None


def at_places(draw: Draw) -> Sequence[Inputs]:
    """Vectors of several sizes at places that are not 0, 1, 2, …"""
    places = [0, 1, 2, 5, 9], [3, 1, 1], [0, 2, 4, 6, 7, 20], [2]
    sizes = 8, 6, 4, 10
    pairs = zip(places, sizes, strict=True)
    return [(draw.normal(len(where), size), torch.tensor(where)) for where, size in pairs]


TURN = in_code(
    turn,
    at_places,
    tolerance=1e-4,  # float32: an angle of 20 is known to 2e-6
    known={
        "you paired number n with number n + D/2 (“half”); pair neighbors: (0, 1), (2, 3), …": (
            _half_pairs
        ),
        "the turned numbers are right, but all first ones stand before all second ones: "
        "torch.stack(…, dim=-1), not torch.cat, puts the two of a pair side by side.": (
            _joined_by_cat
        ),
        "you turned the other way: x cos a − y sin a, then x sin a + y cos a.": (
            lambda x, places: turn(x, -places)
        ),
        "all pairs turn at the same speed: pair n turns by place · 10000^(−2n/D).": (
            lambda x, places: _with_exponent(x, places, 0)
        ),
        "the exponent of pair n is −2n/D, yours is −n/D.": (
            lambda x, places: _with_exponent(x, places, -0.5)
        ),
        "the exponent of pair n is −2n/D, yours is −4n/D: the 2 is counted twice.": (
            lambda x, places: _with_exponent(x, places, -2)
        ),
        "the exponent of pair n is −2n/D, yours has no minus sign: later pairs turn more slowly.": (
            lambda x, places: _with_exponent(x, places, 1)
        ),
        "`places` is not used: the rows need not stand at places 0, 1, 2, …": (
            lambda x, places: turn(x, torch.arange(len(x)))
        ),
        "the second line reads numbers that the first has overwritten: keep x as it was.": (
            _overwrites
        ),
        "you added waves, as for the embedding. RoPE turns the vector and adds nothing.": _adds,
        "your vectors are unchanged: nothing was turned.": lambda x, places: x,
    },
    shape="a turn keeps the shape (T, D)",
    place=lambda row, column: f"row {row}, pair {column // 2} ({('x', 'y')[column % 2]})",
    remark=stretched,
    advice="the lengths are right, the numbers are not.",
    also={
        "lengths of the vectors changed": lambda x, places: 2 * turn(x, places),
        "keeps the shape": lambda x, places: turn(x, places).flatten(),
        "numbers are not": lambda x, places: turn(x, places + 1),
    },
    praise="These lines are in most of today's language models.",
)
