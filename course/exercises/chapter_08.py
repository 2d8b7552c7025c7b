"""Chapter 08, positions: the exercises and what can go wrong in them."""

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, missing
from course.exercises.turning import TURN, TURNED

__all__ = ["LINES", "TURN", "TURNED", "WAVES"]

LENGTH, SIZE, HEADS = 5, 8, 4


def waves(length: int, size: int) -> Float[Tensor, "T E"]:
    place = torch.arange(length)[:, None]
    pair = torch.arange(0, size, 2)
    angle = place / 10_000 ** (pair / size)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


def _halves(length: int, size: int) -> Tensor:
    table = waves(length, size)
    return torch.cat((table[:, ::2], table[:, 1::2]), dim=1)


def _cosines_first(length: int, size: int) -> Tensor:
    return waves(length, size).unflatten(1, (-1, 2)).flip(-1).flatten(1)


def _from_one(length: int, size: int) -> Tensor:
    return waves(length + 1, size)[1:]


def _too_slow(length: int, size: int) -> Tensor:
    angle = torch.arange(length)[:, None] / 10_000 ** (torch.arange(size // 2) / size)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


def _one_wave(length: int, size: int) -> Tensor:
    angle = torch.arange(length)[:, None].expand(-1, size // 2)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


def _fault_of_waves(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(waves)."
    given = answer(LENGTH, SIZE)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "all sines stand before all cosines; here the two of a pair stand side by side.": _halves,
        "cosine and sine are exchanged: the sine comes first.": _cosines_first,
        "your first row is place 1; places are counted from 0.": _from_one,
        "the exponent of pair i is 2i/E, yours is i/E: the waves come out half as slow.": _too_slow,
        "all pairs turn at the same speed: divide the place by 10000^(2i/E).": _one_wave,
    }
    for hint, mistake in known.items():
        if close(given, mistake(LENGTH, SIZE), 1e-5):
            return hint
    if tuple(given.shape) != (LENGTH, SIZE):
        return f"{LENGTH} places of size {SIZE} are ({LENGTH}, {SIZE}), yours {tuple(given.shape)}."
    if not close(given, waves(LENGTH, SIZE), 1e-5):
        return "the shape is right, the numbers are not: row 0 should be 0, 1, 0, 1, …"
    return None


WAVES = Exercise(
    find_fault=_fault_of_waves,
    solution=waves,
    mistakes={
        "side by side": _halves,
        "the sine comes first": _cosines_first,
        "counted from 0": _from_one,
        "half as slow": _too_slow,
        "at the same speed": _one_wave,
        "are (5, 8)": lambda length, size: waves(length, size).T,
        "the function itself": waves(LENGTH, SIZE),
        "returns nothing yet": lambda length, size: ...,
    },
    praise="That is the whole of section 3.5 of the Transformer's paper.",
)


def lines(heads: int, length: int) -> Float[Tensor, "H T T"]:
    slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)
    place = torch.arange(length)
    away = (place[:, None] - place).abs()
    return -slopes[:, None, None] * away


def _rewards_distance(heads: int, length: int) -> Tensor:
    return -lines(heads, length)


def _slopes_from_zero(heads: int, length: int) -> Tensor:
    return lines(heads, length) * 2.0 ** (8 / heads)


def _one_slope(heads: int, length: int) -> Tensor:
    return lines(heads, length)[:1].expand(heads, -1, -1)


def _even_slopes(heads: int, length: int) -> Tensor:
    steps = torch.arange(1, heads + 1)[:, None, None] / heads
    return steps * lines(1, length) / lines(1, 2)[0, 0, 1].abs()


def _fault_of_lines(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(lines)."
    given = answer(HEADS, LENGTH)
    if (fault := missing(given)) is not None:
        return fault
    expected = (HEADS, LENGTH, LENGTH)
    if tuple(given.shape) != expected:
        return f"{HEADS} heads over {LENGTH} words are {expected}, yours {tuple(given.shape)}."
    past = torch.ones(LENGTH, LENGTH).tril() > 0  # the rest is hidden by the causal mask
    known = {
        "your far keys get more: the bias must be negative, and lower the further away.": (
            _rewards_distance
        ),
        "the slopes start at 1. The first is 2^(−8/H): count heads from 1.": _slopes_from_zero,
        "every head has the same slope. Head h gets 2^(−8h/H).": _one_slope,
        "the slopes grow evenly. They are powers of two, each a fixed share of the one before.": (
            _even_slopes
        ),
    }
    for hint, mistake in known.items():
        if close(given[:, past], mistake(HEADS, LENGTH)[:, past]):
            return hint
    if not close(given[:, past], lines(HEADS, LENGTH)[:, past]):
        return "the shape is right, the numbers are not: on the diagonal there must be 0."
    return None


LINES = Exercise(
    find_fault=_fault_of_lines,
    solution=lines,
    mistakes={
        "must be negative": _rewards_distance,
        "count heads from 1": _slopes_from_zero,
        "the same slope": _one_slope,
        "powers of two": _even_slopes,
        "are (4, 5, 5)": lambda heads, length: lines(heads, length)[0],
        "on the diagonal": lambda heads, length: lines(heads, length) - 1,
        "the function itself": lines(HEADS, LENGTH),
        "returns nothing yet": lambda heads, length: ...,
    },
    praise="Nothing learned, nothing stored, and every distance has its number.",
)
