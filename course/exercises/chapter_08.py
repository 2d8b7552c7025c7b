"""Chapter 08, positions: the exercises and what can go wrong in them."""

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import in_code
from course.exercises.turning import TURN, TURNED
from course.exercises.turning_halves import TURN_HALF

__all__ = ["LINES", "TURN", "TURNED", "TURN_HALF", "WAVES"]


def waves(length: int, size: int) -> Float[Tensor, "T E"]:
    place = torch.arange(length)[:, None]
    pair = torch.arange(0, size, 2)
    angle = place / 10_000 ** (pair / size)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


def _of_angles(angle: Tensor) -> Tensor:
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


def _places(length: int) -> Tensor:
    return torch.arange(length)[:, None]


def _exponents(size: int) -> Tensor:
    return torch.arange(0, size, 2) / size


def _halves(length: int, size: int) -> Tensor:
    table = waves(length, size)
    return torch.cat((table[:, ::2], table[:, 1::2]), dim=1)


def _cosines_first(length: int, size: int) -> Tensor:
    return waves(length, size).unflatten(1, (-1, 2)).flip(-1).flatten(1)


def _from_one(length: int, size: int) -> Tensor:
    return waves(length + 1, size)[1:]


def _own_exponents(length: int, size: int) -> Tensor:
    angle = _places(length) / 10_000 ** (torch.arange(size) / size)
    return torch.where(torch.arange(size) % 2 == 0, angle.sin(), angle.cos())


def _sine_or_cosine(row: int, column: int) -> str:
    return f"row {row}, pair {column // 2} ({'cosine' if column % 2 else 'sine'})"


WAVES = in_code(
    waves,
    lambda draw: [(5, 8), (3, 6), (7, 4), (1, 2), (12, 10)],
    known={
        "all sines stand before all cosines; here the two of a pair stand side by side.": _halves,
        "cosine and sine are exchanged: the sine comes first.": _cosines_first,
        "your first row is place 1; places are counted from 0.": _from_one,
        "the exponent of pair n is 2n/E, yours is n/E: the waves come out half as slow.": (
            lambda length, size: _of_angles(_places(length) / 10_000 ** (_exponents(size) / 2))
        ),
        "the exponent of pair n is 2n/E, yours is 4n/E: the 2 is counted twice.": (
            lambda length, size: _of_angles(_places(length) / 10_000 ** (_exponents(size) * 2))
        ),
        "all pairs turn at the same speed: divide the place by 10000^(2n/E).": (
            lambda length, size: _of_angles(_places(length).expand(-1, size // 2))
        ),
        "the place is multiplied by 10000^(2n/E): divide it, later pairs turn more slowly.": (
            lambda length, size: _of_angles(_places(length) * 10_000 ** _exponents(size))
        ),
        "the base is 10000, yours is 1000.": (
            lambda length, size: _of_angles(_places(length) / 1_000 ** _exponents(size))
        ),
        "every column has an exponent of its own; the two of a pair share one, 2n/E.": (
            _own_exponents
        ),
    },
    shape="(T, E)",
    place=_sine_or_cosine,
    advice="the shape is right, the numbers are not.",
    also={
        "the shape is (5, 8)": lambda length, size: waves(length, size).T,
        "row 1, pair 1 (sine) should be 0.0998, yours 0.0316": (
            lambda length, size: _of_angles(_places(length) / 1_000_000 ** _exponents(size))
        ),
    },
    praise="That is the whole of section 3.5 of the Transformer's paper.",
)


def lines(heads: int, length: int) -> Float[Tensor, "H T T"]:
    slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)
    place = torch.arange(length)
    away = (place[:, None] - place).abs()
    return -slopes[:, None, None] * away


def _sloped(slopes: Tensor, length: int) -> Tensor:
    return slopes[:, None, None] * lines(1, length) * 2.0**8


def _one_to(heads: int) -> Tensor:
    return torch.arange(1, heads + 1)


def _past(bias: Tensor) -> Tensor:
    """The bias of what is not hidden by the causal mask; the rest as 0."""
    return torch.where(torch.ones_like(bias).tril() > 0, bias, 0)


LINES = in_code(
    lines,
    lambda draw: [(4, 5), (8, 3), (3, 6), (1, 4)],
    known={
        "your far keys get more: the bias must be negative, and lower the further away.": (
            lambda heads, length: -lines(heads, length)
        ),
        "the slopes start at 1. Head 0 has 2^(−8/H): the exponent is −8(h + 1)/H.": (
            lambda heads, length: lines(heads, length) * 2.0 ** (8 / heads)
        ),
        "every head has the same slope. Head h gets 2^(−8(h + 1)/H).": (
            lambda heads, length: lines(heads, length)[:1].expand(heads, -1, -1)
        ),
        "the slopes grow evenly. They are powers of two, each a fixed share of the one before.": (
            lambda heads, length: _sloped(_one_to(heads) / heads, length)
        ),
        "your slope of head h is 2^(−(h + 1)), whatever H is. It is 2^(−8(h + 1)/H).": (
            lambda heads, length: _sloped(2.0 ** -_one_to(heads), length)
        ),
        "your slope of head h is 2^(−8/(h + 1)). It is 2^(−8(h + 1)/H).": (
            lambda heads, length: _sloped(2.0 ** (-8 / _one_to(heads)), length)
        ),
        "your slope of head h is 2^(+8(h + 1)/H): the exponent needs a minus sign.": (
            lambda heads, length: _sloped(2.0 ** (8 * _one_to(heads) / heads), length)
        ),
        "the heads stand in reverse: the first has the steepest slope, 2^(−8/H).": (
            lambda heads, length: lines(heads, length).flip(0)
        ),
        "the distance is squared: it is the plain distance.": (
            lambda heads, length: -lines(heads, length) * lines(1, length) * 2.0**8
        ),
        "on the diagonal there must be 0: a word is at distance 0 from itself.": (
            lambda heads, length: lines(heads, length) - 1
        ),
    },
    shape="(H, T, T)",
    axes=("head", "query", "key"),
    seen=_past,
    advice="the shape is right, the numbers are not (heads, queries and keys count from 0).",
    also={
        "the shape is (4, 5, 5)": lambda heads, length: lines(heads, length)[0],
        "head 0, query 1, key 0 should be -0.2500, yours -0.5000": (
            lambda heads, length: 2 * lines(heads, length)
        ),
    },
    praise="Nothing learned, nothing stored, and every distance has its number.",
)
