"""Errors that name the argument, what was expected and what came."""

import torch
from torch import Tensor, nn

from attnlib.checks.numbers import check_at_least


def check_same_size(query: Tensor, key: Tensor) -> None:
    """Raise unless a dot product of query and key exists."""
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"key has size {key.shape[-1]}, but query has {query.shape[-1]}: "
            "a dot product needs equal sizes"
        )


def check_groups(heads: int, key_heads: int, name: str = "query", other: str = "key") -> None:
    """Raise unless the query heads share the key heads evenly."""
    if key_heads < 1 or heads % key_heads:
        raise ValueError(f"{name} has {heads} heads, not a multiple of {other}'s {key_heads}")


def head_size_of(size: int, heads: int, head_size: int | None = None) -> int:
    """The given size of a head, or E/H. Raises ValueError when E is not a multiple of H."""
    check_at_least(1, "heads", heads)
    if head_size is not None:
        return head_size
    if size % heads:
        raise ValueError(f"size {size} does not divide into {heads} heads")
    return size // heads


def check_sequence(name: str, states: Tensor, layer: Tensor | nn.Module) -> None:
    """Raise unless `states` (B, T, E) goes with a parameter, or a layer's weight, (…, E)."""
    check_floating_point(name, states)
    parameter = weight_of(layer)
    size = "E" if parameter is None else parameter.shape[-1]
    if states.dim() != 3 or (parameter is not None and states.shape[-1] != size):
        raise ValueError(f"{name} must have the axes (B, T, {size}), got {tuple(states.shape)}")
    check_goes_with(name, states, layer)


def check_floating_point(name: str, states: Tensor) -> None:
    """Raise unless `states` is a floating-point tensor."""
    if not isinstance(states, Tensor) or not states.dtype.is_floating_point:
        kind = states.dtype if isinstance(states, Tensor) else type(states).__name__
        raise TypeError(f"{name} must be a floating-point tensor, got {kind}")


def weight_of(layer: Tensor | nn.Module) -> Tensor | None:
    """What a layer multiplies by, or the parameter itself.

    None of a layer wrapped by others (a LoRA, a quantized one), which answers for itself.
    """
    weight = layer if isinstance(layer, Tensor) else getattr(layer, "weight", None)
    return weight if isinstance(weight, Tensor) else None


def check_goes_with(name: str, states: Tensor, layer: Tensor | nn.Module) -> None:
    """Raise unless `states` has the device and, but under autocast, the dtype of a parameter."""
    parameter = weight_of(layer)
    if parameter is None:
        return
    if states.device != parameter.device:
        raise ValueError(f"{name} is on {states.device}, but the parameters on {parameter.device}")
    if states.dtype != parameter.dtype and not torch.is_autocast_enabled(states.device.type):
        raise TypeError(f"{name} is {states.dtype}, but the parameters are {parameter.dtype}")
