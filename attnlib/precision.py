"""Sums are taken in float32 at least: 16-bit numbers are widened, and rounded once at the end."""

import torch
from torch import Tensor


def at_least_float32(states: Tensor) -> Tensor:
    """16-bit numbers widened to float32; float32 and float64 as they are."""
    return states.float() if states.dtype in (torch.float16, torch.bfloat16) else states


def widened(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Each in float32 at least."""
    return tuple(at_least_float32(states) for states in tensors)
