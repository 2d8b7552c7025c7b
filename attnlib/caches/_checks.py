"""Errors for what cannot be kept, or does not continue what is kept."""

from collections.abc import Sequence

import torch
from torch import Tensor

from attnlib.checks import check_count, lowest_and_highest

STATES = ((0, "sequences"), (1, "heads"), (3, "numbers per token"))  # axes of (B, G, T, D)


def check_continues(
    name: str,
    states: Tensor,
    kept: Tensor,
    axes: Sequence[tuple[int, str]] = STATES,
    dtype: torch.dtype | None = None,
) -> None:
    """Raise unless `states` differ from what is kept in their length only.

    `dtype`: of what came, where it is kept in another.
    """
    dtype = kept.dtype if dtype is None else dtype
    if states.dtype != dtype:
        raise TypeError(f"{name} is {states.dtype}, but the cache holds {dtype}")
    if states.device != kept.device:
        raise ValueError(f"{name} is on {states.device}, but the cache is on {kept.device}")
    for axis, meaning in axes:
        if states.shape[axis] != kept.shape[axis]:
            raise ValueError(
                f"{name} has {states.shape[axis]} {meaning}, but the cache holds {kept.shape[axis]}"
            )


def check_room(capacity: int, length: int, tokens: int) -> None:
    """Raise when more tokens come than there is room for."""
    if length + tokens > capacity:
        raise ValueError(
            f"the cache has room for {capacity} tokens: {length} are there, {tokens} came"
        )


def check_no_gradient(key: Tensor, value: Tensor) -> None:
    """Raise where autograd would need what is about to be overwritten."""
    if torch.is_grad_enabled() and (key.requires_grad or value.requires_grad):
        raise RuntimeError(
            "this cache is written in place, which no gradient can pass: decode under "
            "torch.no_grad(), or use KVCache() without a capacity"
        )


def check_kept(length: int, kept: int) -> None:
    """Raise unless at least so many tokens are there."""
    check_count("length", length)
    if not 0 <= length <= kept:
        raise ValueError(f"length must be from 0 to {kept}, the tokens there are; got {length}")


def check_rows(rows: Tensor, kept: Tensor) -> None:
    """Raise unless each is the number of a sequence that is there."""
    found = lowest_and_highest(rows)
    if found is not None and (found[0] < 0 or found[1] >= kept.shape[0]):
        stray = found[0] if found[0] < 0 else found[1]
        raise ValueError(f"rows must be from 0 to {kept.shape[0] - 1}, got {stray}")
