"""Rotary positions with several axes: a pixel's row and column, a frame's time.

axial    each axis has pairs of its own, fast and slow ones: the numbers are split among the axes
shared   the pairs of plain RoPE are shared out, each turns by one axis (M-RoPE: Wang et al., 2024)
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Real
from torch import Tensor

from attnlib.checks import check_floating_point
from attnlib.positions.rotary import angles, frequencies


def axial_angles(
    positions: Sequence[Real[Tensor, "*#B T"]], *, rotary_size: int, base: float = 10_000.0
) -> Float[Tensor, "*#B T R/2"]:
    """[p₁·θ, p₂·θ, …] with the frequencies θ of R/A numbers: for `turn` (2-D and 3-D RoPE).

    - `positions`: of A axes, each (T,) or (B, T): (rows, columns), or (time, rows, columns).
    - `rotary_size`: R, a multiple of 2A.

        >>> rows, columns = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
        >>> axial_angles((rows, columns), rotary_size=4)
        tensor([[0., 0.],
                [0., 1.],
                [1., 0.],
                [1., 1.]], dtype=torch.float64)

    Raises TypeError or ValueError when the sizes do not fit.
    """
    _check(positions)
    if rotary_size % (2 * len(positions)):
        raise ValueError(f"rotary_size {rotary_size} is no multiple of 2 · {len(positions)} axes")
    turns = frequencies(rotary_size // len(positions), base=base)
    return torch.cat([angles(places, turns) for places in positions], dim=-1)


def shared_angles(
    positions: Sequence[Real[Tensor, "*#B T"]],
    turns: Float[Tensor, " R/2"],
    *,
    sections: Sequence[int],
    interleaved: bool = False,
) -> Float[Tensor, "*#B T R/2"]:
    """p_a(i)·θᵢ: pair i turns by the place on its axis a(i) alone, and at its own speed.

    A text token has the same place on all axes, and then this is plain RoPE: so a model of text
    learns pictures. (M-RoPE: Qwen2-VL, Wang et al., 2024.)

    - `positions`: of A axes, each (T,) or (B, T): (time, rows, columns).
    - `sections`: how many pairs each axis has; together all R/2.
    - `interleaved`: the axes take turns, so that each has fast and slow pairs (Qwen3-VL); what the
      other axes leave is the first one's. Else axis after axis, the first one the fastest.

    Raises TypeError or ValueError when the sizes do not fit.
    """
    _check(positions)
    check_floating_point("turns", turns)
    if turns.dim() != 1:
        raise ValueError(f"turns must have the axis (R/2,), got {tuple(turns.shape)}")
    if len(sections) != len(positions) or sum(sections) != len(turns):
        raise ValueError(
            f"sections must be {len(positions)} numbers that sum to {len(turns)}, "
            f"got {list(sections)}"
        )
    axis = _by_turns(sections) if interleaved else _one_after_another(sections)
    each = [angles(places, turns) for places in positions]
    return torch.stack([each[a][..., pair] for pair, a in enumerate(axis)], dim=-1)


def _one_after_another(sections: Sequence[int]) -> list[int]:
    return [axis for axis, pairs in enumerate(sections) for _ in range(pairs)]


def _by_turns(sections: Sequence[int]) -> list[int]:
    """0 1 2 0 1 2 …, and 0 again where an axis has had all its pairs."""
    axes = len(sections)
    return [p % axes if p < axes * sections[p % axes] else 0 for p in range(sum(sections))]


def _check(positions: Sequence[Tensor]) -> None:
    if not isinstance(positions, Sequence) or isinstance(positions, str):
        kind = type(positions).__name__
        raise TypeError(f"positions must be a sequence of tensors, one per axis, got {kind}")
    if not positions:
        raise ValueError("positions must have one axis or more, got none")
