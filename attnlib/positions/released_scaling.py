"""How released models slow rotary positions for texts longer than those they were trained on.

As in `rotary_scaling`, each function gives the frequencies of the pairs, for `turn` and `angles`.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.positions.rotary import frequencies
from attnlib.positions.rotary_scaling import ntk_aware


def by_wavelength(
    rotary_size: int,
    *,
    factor: float,
    trained_length: int,
    base: float = 10_000.0,
    slow: float = 1.0,
    fast: float = 4.0,
) -> Float[Tensor, " R/2"]:
    """(1 − γ) θᵢ / s + γ θᵢ, with γ = (turns − slow) / (fast − slow) between 0 and 1.

    turns = trained_length · θᵢ / 2π: pairs that turn fewer than `slow` times over the trained
    length are slowed fully, those that turn more than `fast` times not at all (Llama 3.1: Meta,
    2024; there s = 8, and the two are 1 and 4). This is YaRN's ramp at other places, and without
    YaRN's sharper scores. Raises ValueError when these numbers make no ramp.
    """
    if factor < 1:
        raise ValueError(f"factor must be at least 1, got {factor}")
    if trained_length <= 0:
        raise ValueError(f"trained_length must be above 0, got {trained_length}")
    if not 0 <= slow < fast:
        raise ValueError(f"slow must be at least 0 and below fast, got {slow} and {fast}")
    turns = frequencies(rotary_size, base=base)
    keep = ((trained_length * turns / (2 * math.pi) - slow) / (fast - slow)).clamp(0, 1)
    return (1 - keep) * turns / factor + keep * turns


def searched(
    rotary_size: int, *, factors: Sequence[float], base: float = 10_000.0
) -> Float[Tensor, " R/2"]:
    """θᵢ / λᵢ with a λ for each pair, found by a search (LongRoPE: Ding et al., 2024, section 3).

    A model comes with two such lists, one for texts up to the trained length and one for longer
    ones. Multiply the scores by `searched_scale` too. Raises ValueError unless there is one
    positive factor per pair.
    """
    if len(factors) != rotary_size // 2 or min(factors, default=1) <= 0:
        raise ValueError(f"factors must be {rotary_size // 2} positive numbers, got {factors}")
    return frequencies(rotary_size, base=base) / torch.tensor(factors, dtype=torch.float64)


def searched_scale(head_size: int, *, factor: float, trained_length: int) -> float:
    """(1 + ln s / ln L) / √D, the scale of the scores that goes with `searched`, for s ≥ 1."""
    if factor < 1 or trained_length <= 1:
        raise ValueError(
            f"factor must be at least 1 and trained_length above 1, "
            f"got {factor} and {trained_length}"
        )
    return (1 + math.log(factor) / math.log(trained_length)) / math.sqrt(head_size)


def dynamic_ntk(
    rotary_size: int,
    *,
    length: int,
    trained_length: int,
    factor: float = 1.0,
    base: float = 10_000.0,
) -> Float[Tensor, " R/2"]:
    """`ntk_aware` by s·T/L − (s − 1) for a text of `length` T beyond the `trained_length` L.

    Up to L nothing changes; the turns slow as the text grows, so keys that a cache has kept turned
    no longer fit (emozilla, 2023; Peng et al., 2024, section 3.3).
    """
    if trained_length <= 0:
        raise ValueError(f"trained_length must be above 0, got {trained_length}")
    if factor < 1:
        raise ValueError(f"factor must be at least 1, got {factor}")
    longer = max(length, trained_length) / trained_length
    return ntk_aware(rotary_size, factor=factor * longer - (factor - 1), base=base)


def proportional(
    head_size: int, *, share: float, factor: float = 1.0, base: float = 10_000.0
) -> Float[Tensor, " D/2"]:
    """θᵢ = base^(−2i/D) / s for the first `share` of the D/2 pairs, 0 for the others.

    The pairs that turn have the speeds they have in a whole head, and the slowest, which hardly
    tell places apart but disturb content, stand still (Gemma 4: Google, 2026, its global layers
    with a share of 1/4). Turning the first R numbers alone spreads all speeds over these instead.
    Raises ValueError when `share` is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1, got {share}")
    if factor < 1:
        raise ValueError(f"factor must be at least 1, got {factor}")
    if head_size < 2 or head_size % 2:
        raise ValueError(f"head_size must be even, since numbers turn in pairs; got {head_size}")
    turns = frequencies(head_size, base=base) / factor
    turns[int(share * head_size / 2) :] = 0
    return turns
