"""Errors for what a mask is made of."""

import torch
from torch import Tensor


def check_count(name: str, count: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{name} must be a whole number, got {count!r}")


def check_at_least(least: int, name: str, count: int) -> None:
    check_count(name, count)
    if count < least:
        raise ValueError(f"{name} must be at least {least}, got {count}")


def check_tensor(name: str, values: Tensor) -> None:
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(values).__name__}")


def check_integers(name: str, values: Tensor, dims: tuple[int, ...]) -> None:
    check_tensor(name, values)
    if values.dtype == torch.bool or values.is_floating_point() or values.is_complex():
        raise TypeError(f"{name} must be integers, got {values.dtype}")
    if values.dim() not in dims:
        axes = " or ".join(str(d) for d in dims)
        raise ValueError(f"{name} must have {axes} axes, got shape {tuple(values.shape)}")
