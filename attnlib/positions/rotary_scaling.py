"""A model with rotary positions on texts longer than it was trained on: slower turns.

Each function gives the frequencies of the pairs, to be used in place of `rotary.frequencies`:

    turned = turn(query, angles(positions, yarn(rotary_size, factor=4, …)), pairing="half")
"""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.positions.rotary import frequencies

Ramp = Literal["turns", "pairs"]


def interpolated(
    rotary_size: int, *, factor: float, base: float = 10_000.0
) -> Float[Tensor, " R/2"]:
    """θᵢ / s: every place moves s times closer, as p / s does (Chen et al., 2023)."""
    _check_factor(factor)
    return frequencies(rotary_size, base=base) / factor


def ntk_aware(rotary_size: int, *, factor: float, base: float = 10_000.0) -> Float[Tensor, " R/2"]:
    """θᵢ for the base · s^(R / (R − 2)): the slowest pair slows by s, the fastest not at all.

    (Peng et al., 2024, section 3.1, after bloc97, 2023.)
    """
    _check_factor(factor)
    if rotary_size <= 2:
        raise ValueError(f"rotary_size must be above 2, got {rotary_size}: one pair cannot be both")
    return frequencies(rotary_size, base=base * factor ** (rotary_size / (rotary_size - 2)))


def yarn(
    rotary_size: int,
    *,
    factor: float,
    trained_length: int,
    base: float = 10_000.0,
    slow: float = 1.0,
    fast: float = 32.0,
    ramp: Ramp = "turns",
    truncate: bool = True,
) -> Float[Tensor, " R/2"]:
    """(1 − γ) θᵢ / s + γ θᵢ: only the pairs that never went full circle in training are slowed.

    γ is 0 for pairs that turned fewer than `slow` times over the `trained_length`, 1 for more
    than `fast` times, and in between it follows a straight line (Peng et al., 2024, section 3.2).

    - `ramp`: in what the line is straight. `"turns"`, as the paper says: in the number of turns.
      `"pairs"`, as its authors' code has it, and every released model: in the pair's index i. The
      two agree outside the ramp, and differ inside it.
    - `truncate`: for `"pairs"`, whether the line starts and ends at whole pairs, as in DeepSeek-V3
      and most models, or where `fast` and `slow` fall exactly, as in gpt-oss.

    `slow`, `fast` and `trained_length` stand in a model's files as `beta_slow`, `beta_fast` and
    `original_max_position_embeddings`. Multiply the scores by `yarn_scale` too.
    Raises ValueError when these numbers make no ramp.
    """
    _check_factor(factor)
    if trained_length <= 0:
        raise ValueError(f"trained_length must be above 0, got {trained_length}")
    if not 0 <= slow < fast:
        raise ValueError(f"slow must be at least 0 and below fast, got {slow} and {fast}")
    turns = frequencies(rotary_size, base=base)
    if ramp == "turns":
        circles = trained_length * turns / (2 * math.pi)
        keep = ((circles - slow) / (fast - slow)).clamp(0, 1)
    elif ramp == "pairs":
        if slow == 0 or base <= 1:
            raise ValueError(
                f'slow must be above 0 and base above 1 for ramp="pairs", got {slow} and {base}'
            )
        bounds = [_pair(number, rotary_size, trained_length, base) for number in (fast, slow)]
        keep = 1 - _rising(rotary_size, *bounds, truncate=truncate)
    else:
        raise ValueError(f'ramp must be "turns" or "pairs", got {ramp!r}')
    return (1 - keep) * turns / factor + keep * turns


def yarn_scale(head_size: int, *, factor: float) -> float:
    """(0.1 ln s + 1)² / √D, the scale of the scores that goes with `yarn` (section 3.4)."""
    _check_factor(factor)
    return (0.1 * math.log(factor) + 1) ** 2 / math.sqrt(head_size)


def _pair(circles: float, rotary_size: int, trained_length: int, base: float) -> float:
    """The i, also between two pairs, that turns so many circles over the trained length."""
    return rotary_size * math.log(trained_length / (2 * math.pi * circles), base) / 2


def _rising(rotary_size: int, first: float, last: float, *, truncate: bool) -> Tensor:
    """0 for the pairs up to `first`, 1 from `last` on, and a straight line in between."""
    if truncate:
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, rotary_size - 1)  # R − 1, as in the authors' code
    pair = torch.arange(rotary_size // 2, dtype=torch.float64)
    return ((pair - first) / (last - first or 0.001)).clamp(0, 1)


def _check_factor(factor: float) -> None:
    if factor < 1:
        raise ValueError(f"factor must be at least 1, the length over the trained; got {factor}")
