"""Chapter 16: YaRN's ramp, between the pairs that are left alone and those that are slowed."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw

CIRCLE = 2 * math.pi


def yarn_turns(
    turns: Tensor, factor: float, trained_length: int, slow: float, fast: float
) -> Tensor:
    circles = trained_length * turns / CIRCLE
    keep = ((circles - slow) / (fast - slow)).clamp(0, 1)
    return keep * turns + (1 - keep) * turns / factor


def _ramped(turns: Tensor, factor: float, keep: Tensor) -> Tensor:
    return keep * turns + (1 - keep) * turns / factor


def _keep(turns: Tensor, length: float, slow: float, fast: float) -> Tensor:
    return (length * turns / CIRCLE - slow) / (fast - slow)


def _cases(draw: Draw) -> Sequence[Inputs]:
    settings = (
        (8.0, 64, 1.0, 4.0),
        (4.0, 512, 1.0, 32.0),
        (2.0, 300, 2.0, 6.0),
        (16.0, 40, 1.0, 3.0),
    )
    return [
        (10_000.0 ** (-torch.arange(0, size, 2) / size), *setting)
        for size, setting in zip((16, 32, 8, 12), settings, strict=True)
    ]


YARN_TURNS = in_code(
    yarn_turns,
    _cases,
    known={
        "the ramp has no ends: clamp γ between 0 and 1.": (
            lambda turns, factor, trained_length, slow, fast: _ramped(
                turns, factor, _keep(turns, trained_length, slow, fast)
            )
        ),
        "the ramp is the wrong way round: pairs with MANY circles keep their turns.": (
            lambda turns, factor, trained_length, slow, fast: _ramped(
                turns, factor, 1 - _keep(turns, trained_length, slow, fast).clamp(0, 1)
            )
        ),
        "these are radians: divide by 2π to count full circles.": (
            lambda turns, factor, trained_length, slow, fast: _ramped(
                turns, factor, _keep(turns, CIRCLE * trained_length, slow, fast).clamp(0, 1)
            )
        ),
        "every pair is slowed: this is position interpolation.": (
            lambda turns, factor, trained_length, slow, fast: turns / factor
        ),
        "nothing is slowed.": lambda turns, factor, trained_length, slow, fast: turns,
        "there is no ramp: pairs between `slow` and `fast` are partly slowed.": (
            lambda turns, factor, trained_length, slow, fast: torch.where(
                _keep(turns, trained_length, slow, fast) >= 1, turns, turns / factor
            )
        ),
        "pairs between `slow` and `fast` are slowed partly; yours are left alone.": (
            lambda turns, factor, trained_length, slow, fast: torch.where(
                _keep(turns, trained_length, slow, fast) <= 0, turns / factor, turns
            )
        ),
        "the circles are those of the longer text: count them over the trained length.": (
            lambda turns, factor, trained_length, slow, fast: _ramped(
                turns, factor, _keep(turns, factor * trained_length, slow, fast).clamp(0, 1)
            )
        ),
        "slow pairs turn faster now: divide by the factor.": (
            lambda turns, factor, trained_length, slow, fast: _ramped(
                turns, 1 / factor, _keep(turns, trained_length, slow, fast).clamp(0, 1)
            )
        ),
        "γ is divided by `fast`, not by `fast − slow`: it must reach 1 at `fast`.": (
            lambda turns, factor, trained_length, slow, fast: _ramped(
                turns,
                factor,
                ((trained_length * turns / CIRCLE - slow) / fast).clamp(0, 1),
            )
        ),
        "γ starts at 0 circles, not at `slow`.": (
            lambda turns, factor, trained_length, slow, fast: _ramped(
                turns, factor, (trained_length * turns / CIRCLE / fast).clamp(0, 1)
            )
        ),
    },
    shape="a number per pair",
    axes=("pair",),
    advice="not this. Circles over the trained length, γ from 0 at `slow` to 1 at `fast`, then "
    "γ θ + (1 − γ) θ / s.",
    also={
        "Circles over the trained length": (
            lambda turns, factor, trained_length, slow, fast: yarn_turns(
                turns, factor + 1, trained_length, slow, fast
            )
        ),
        "the shape is": lambda turns, factor, trained_length, slow, fast: turns[:1],
    },
    praise="Fast pairs tell neighbors apart as before, slow ones stay within what they have seen.",
)
