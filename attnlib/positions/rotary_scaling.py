"""A model with rotary positions on texts longer than it was trained on: slower turns.

Each function gives the frequencies of the pairs, to be used in place of `rotary.frequencies`:

    turned = turn(query, angles(positions, yarn(size, factor=4, …)), pairing="half")
"""

import math

from jaxtyping import Float
from torch import Tensor

from attnlib.positions.rotary import frequencies


def interpolated(size: int, *, factor: float, base: float = 10_000.0) -> Float[Tensor, " D/2"]:
    """θᵢ / s: every place moves s times closer, as p / s does (Chen et al., 2023)."""
    _check_factor(factor)
    return frequencies(size, base=base) / factor


def ntk_aware(size: int, *, factor: float, base: float = 10_000.0) -> Float[Tensor, " D/2"]:
    """θᵢ for the base · s^(D / (D − 2)): the slowest pair slows by s, the fastest not at all.

    (Peng et al., 2024, section 3.1, after bloc97, 2023.)
    """
    _check_factor(factor)
    if size <= 2:
        raise ValueError(f"size must be above 2, got {size}: one pair cannot be both")
    return frequencies(size, base=base * factor ** (size / (size - 2)))


def yarn(
    size: int,
    *,
    factor: float,
    trained_length: int,
    base: float = 10_000.0,
    slow: float = 1.0,
    fast: float = 32.0,
) -> Float[Tensor, " D/2"]:
    """(1 − γ) θᵢ / s + γ θᵢ: only the pairs that never went full circle in training are slowed.

    γ is 0 for pairs that turned fewer than `slow` times over the `trained_length`, 1 for more
    than `fast` times, and rises linearly with the number of turns in between (Peng et al., 2024,
    section 3.2). Its authors' code, and transformers after it, let γ rise linearly with the pair's
    index instead: outside the ramp both are equal. Multiply the scores by `yarn_scale` too.
    """
    _check_factor(factor)
    if not 0 <= slow < fast:
        raise ValueError(f"slow must be at least 0 and below fast, got {slow} and {fast}")
    turns = frequencies(size, base=base)
    circles = trained_length * turns / (2 * math.pi)
    keep = ((circles - slow) / (fast - slow)).clamp(0, 1)
    return (1 - keep) * turns / factor + keep * turns


def yarn_scale(head_size: int, *, factor: float) -> float:
    """(0.1 ln s + 1)² / √D, the scale of the scores that goes with `yarn` (section 3.4)."""
    _check_factor(factor)
    return (0.1 * math.log(factor) + 1) ** 2 / math.sqrt(head_size)


def _check_factor(factor: float) -> None:
    if factor < 1:
        raise ValueError(f"factor must be at least 1, the length over the trained; got {factor}")
