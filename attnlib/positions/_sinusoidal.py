"""Sinusoidal positions: waves of many lengths (Vaswani et al., 2017, section 3.5)."""

import torch
from jaxtyping import Float
from torch import Tensor

LONGEST_WAVE = 10_000.0


def sinusoidal(
    length: int,
    size: int,
    *,
    first: int = 0,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "T E"]:
    """PE(p, 2i) = sin(p / 10000^(2i/E)),  PE(p, 2i+1) = cos(p / 10000^(2i/E)).

    Rows are the places `first` … `first + length − 1`; the two of a pair stand side by side.

        >>> sinusoidal(2, 4)
        tensor([[0.0000, 1.0000, 0.0000, 1.0000],
                [0.8415, 0.5403, 0.0100, 0.9999]])

    Raises ValueError when `size` is odd or less than 2, or `length` negative.
    """
    if size < 2 or size % 2:
        raise ValueError(f"size must be even, since sines and cosines come in pairs; got {size}")
    if length < 0:
        raise ValueError(f"length must be 0 or more, got {length}")
    place = torch.arange(first, first + length, dtype=torch.float64, device=device)
    pair = torch.arange(0, size, 2, dtype=torch.float64, device=device)
    angle = place[:, None] / LONGEST_WAVE ** (pair / size)  # (T, E/2)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1).to(dtype)
