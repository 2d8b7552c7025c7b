"""Queries, keys and values to measure with: 8 heads of 64 unless a group says otherwise."""

import torch
from torch import Tensor

HEADS, SIZE = 8, 64


def states(
    length: int,
    *,
    keys: int | None = None,
    batch: int = 1,
    heads: int = HEADS,
    key_heads: int | None = None,
    size: int = SIZE,
    requires_grad: bool = False,
) -> list[Tensor]:
    """query (B, H, T, D), key and value (B, G, Tk, D), the same ones at every call."""
    draw = torch.Generator().manual_seed(0)
    keys = length if keys is None else keys
    shapes = [(heads, length)] + 2 * [(key_heads or heads, keys)]
    return [
        torch.randn(batch, count, tokens, size, generator=draw).requires_grad_(requires_grad)
        for count, tokens in shapes
    ]
