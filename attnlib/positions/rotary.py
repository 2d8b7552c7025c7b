"""Rotary positions (RoPE): a token's place turns its query and key (Su et al., 2021).

The numbers of a head are taken in pairs; pair i of the token at place p turns by the angle p·θᵢ.
Then query·key depends on the two places only through their distance.

half         pairs (0, D/2), (1, D/2 + 1), …     Llama, GPT-NeoX
interleaved  pairs (0, 1), (2, 3), …             the paper, RoFormer, GPT-J
"""

from typing import Literal

import torch
from jaxtyping import Float, Real
from torch import Tensor

from attnlib.checks import check_floating_point, checked
from attnlib.precision import at_least_float32

Pairing = Literal["half", "interleaved"]


@checked
def rotate(
    states: Float[Tensor, "B H T D"],
    positions: Real[Tensor, "*#B T"],
    *,
    pairing: Pairing,
    base: float = 10_000.0,
    rotary_size: int | None = None,
) -> Float[Tensor, "B H T D"]:
    """Turn queries or keys by their places: pair i by the angle p · base^(−2i/R).

    (Su et al., 2021, section 3.2.2, equations 14 and 15.)

    - `positions`: p, (T,) for the whole batch or (B, T); fractions are allowed.
    - `rotary_size`: R, how many numbers turn, the first ones; the rest stays. By default all D.

        >>> states, places = torch.ones(1, 1, 2, 2), torch.tensor([0, 1])
        >>> rotate(states, places, pairing="half")[0, 0]
        tensor([[ 1.0000,  1.0000],
                [-0.3012,  1.3818]])

    Raises TypeError or ValueError when R is odd or beyond D, when `positions` are not one per
    token, or for an unknown `pairing`.
    """
    rotary_size = states.shape[-1] if rotary_size is None else rotary_size
    return turn(states, angles(positions, frequencies(rotary_size, base=base)), pairing=pairing)


def frequencies(rotary_size: int, *, base: float = 10_000.0) -> Float[Tensor, " R/2"]:
    """θᵢ = base^(−2i/R), in radians per token, for i = 0 … R/2 − 1; in float64.

    Raises ValueError when `rotary_size` is odd or less than 2, or `base` not positive.
    """
    if rotary_size < 2 or rotary_size % 2:
        raise ValueError(
            f"rotary_size must be even, since numbers turn in pairs; got {rotary_size}"
        )
    if base <= 0:
        raise ValueError(f"base must be positive, got {base}")
    return base ** (-torch.arange(0, rotary_size, 2, dtype=torch.float64) / rotary_size)


def angles(
    positions: Real[Tensor, "*#B T"], turns: Float[Tensor, " R/2"]
) -> Float[Tensor, "*#B T R/2"]:
    """p · θᵢ in radians, in float64: float32 would be off by 0.004 at place 100,000.

    The result is on the device of `positions`; `turns`, a few numbers, follow.
    """
    if not isinstance(positions, Tensor):
        raise TypeError(f"positions must be a tensor, got {type(positions).__name__}")
    check_floating_point("turns", turns)
    if turns.dim() != 1:
        raise ValueError(f"turns must have the axis (R/2,), got {tuple(turns.shape)}")
    if positions.dtype == torch.bool or positions.is_complex():
        raise TypeError(f"positions must be numbers, got {positions.dtype}")
    if positions.dim() not in (1, 2):
        raise ValueError(
            f"positions must have the axes (T,) or (B, T), got {tuple(positions.shape)}"
        )
    return positions[..., None].double() * turns.to(positions.device)


@checked
def turn(
    states: Float[Tensor, "B H T D"],
    angles: Real[Tensor, "*#B T R/2"],
    *,
    pairing: Pairing,
) -> Float[Tensor, "B H T D"]:
    """(x, y) → (x cos a − y sin a, x sin a + y cos a) for each pair and its angle a.

    As many pairs turn as there are angles; the numbers after them stay as they are.
    """
    pairs = angles.shape[-1]
    if 2 * pairs > states.shape[-1]:
        raise ValueError(f"rotary_size is {2 * pairs}, but states has only {states.shape[-1]}")
    if angles.dim() == 3:
        angles = angles.unsqueeze(1)  # the same for all heads

    turning, staying = states[..., : 2 * pairs], states[..., 2 * pairs :]
    x, y = at_least_float32(_pairs(turning, pairing)).unbind(-1)  # (B, H, T, R/2) each
    cos, sin = angles.cos().to(x), angles.sin().to(x)
    turned = torch.stack((x * cos - y * sin, x * sin + y * cos), dim=-1)
    return torch.cat((_unpaired(turned, pairing).to(states), staying), dim=-1)


def _pairs(states: Float[Tensor, "B H T R"], pairing: Pairing) -> Float[Tensor, "B H T R/2 2"]:
    if pairing == "half":
        return states.unflatten(-1, (2, -1)).mT
    if pairing == "interleaved":
        return states.unflatten(-1, (-1, 2))
    raise ValueError(f'pairing must be "half" or "interleaved", got {pairing!r}')


def _unpaired(pairs: Float[Tensor, "B H T R/2 2"], pairing: Pairing) -> Float[Tensor, "B H T R"]:
    return (pairs.mT if pairing == "half" else pairs).flatten(-2)
