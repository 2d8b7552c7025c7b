"""Sums are taken in float32 at least: 16-bit numbers are widened, and rounded once at the end."""

import math
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from attnlib.checks import may_read


def at_least_float32(states: Tensor) -> Tensor:
    """16-bit numbers widened to float32; float32 and float64 as they are."""
    return states.float() if states.dtype in (torch.float16, torch.bfloat16) else states


def widened(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Each in float32 at least."""
    return tuple(at_least_float32(states) for states in tensors)


def autocast_to(states: Tensor) -> torch.dtype | None:
    """The dtype that autocast gives to the inputs of matrix products here; None outside of it."""
    if not torch.compiler.is_compiling() and not torch._C._is_any_autocast_enabled():
        return None
    kind = states.device.type
    if kind == "meta" or states.dtype == torch.float64 or not torch.is_autocast_enabled(kind):
        return None
    return torch.get_autocast_dtype(kind)


def no_autocast(states: Tensor) -> AbstractContextManager[object]:
    """Inside it, products of what was widened stay wide also under autocast."""
    if autocast_to(states) is None:
        return nullcontext()
    return torch.autocast(states.device.type, enabled=False)


def autocast_as(states: Tensor, dtype: torch.dtype | None) -> AbstractContextManager[object]:
    """Inside it, autocast is what it was where `autocast_to` gave this dtype."""
    return no_autocast(states) if dtype is None else torch.autocast(states.device.type, dtype)


def surely_finite(*tensors: Tensor) -> bool:
    """Whether neither NaN nor ∞ is among them; False also where values may not be read."""
    return may_read(*tensors) and all(math.isfinite(one.detach().sum().item()) for one in tensors)


def lowest(scores: Tensor) -> float:
    """The most negative finite number of this type: −∞ minus it is −∞, where −∞ − −∞ is NaN."""
    return torch.finfo(scores.dtype).min
