"""Errors that name the argument, what was expected and what came."""

import torch
from torch import Tensor


def check_inputs(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, dropout_p: float
) -> None:
    """Raise TypeError or ValueError when query, key, value and bias cannot go together."""
    for name, states in (("query", query), ("key", key), ("value", value)):
        check_states(name, states)
    for name, states in (("key", key), ("value", value)):
        check_same_kind(name, states, query)
        if states.shape[0] != query.shape[0]:
            raise ValueError(
                f"{name} has batch size {states.shape[0]}, but query has {query.shape[0]}"
            )
    if key.shape[1] != value.shape[1]:
        raise ValueError(f"value has {value.shape[1]} heads, but key has {key.shape[1]}")
    if key.shape[2] != value.shape[2]:
        raise ValueError(f"value has length {value.shape[2]}, but key has {key.shape[2]}")
    check_groups(query.shape[1], key.shape[1])
    if bias is not None:
        check_same_kind("bias", bias, query)
        check_broadcasts("bias", bias, (*query.shape[:3], key.shape[2]))
    if not 0 <= dropout_p < 1:
        raise ValueError(f"dropout_p must be at least 0 and below 1, got {dropout_p}")


def check_states(name: str, states: Tensor) -> None:
    """Raise unless `states` is a floating-point tensor with the axes (B, H, T, D)."""
    if not isinstance(states, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(states).__name__}")
    if not states.dtype.is_floating_point:
        raise TypeError(f"{name} must be floating point, got {states.dtype}")
    if states.dim() != 4:
        raise ValueError(f"{name} must have the axes (B, H, T, D), got {tuple(states.shape)}")
    if states.shape[-1] == 0:
        raise ValueError(f"{name} must have a size D of at least 1, got {tuple(states.shape)}")


def check_same_kind(name: str, tensor: Tensor, query: Tensor, other: str = "query") -> None:
    """Raise unless `tensor` is one, with the dtype and device of the query, or of another."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
    if tensor.dtype != query.dtype:
        raise TypeError(f"{name} is {tensor.dtype}, but {other} is {query.dtype}")
    if tensor.device != query.device:
        raise ValueError(f"{name} is on {tensor.device}, but {other} is on {query.device}")


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


def check_broadcasts(name: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Raise unless `tensor` has the axes (B, H, Tq, Tk), each of the given size or 1."""
    fits = tensor.dim() == len(shape) and all(
        size in (1, wanted) for size, wanted in zip(tensor.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"{name} must broadcast to (B, H, Tq, Tk) = {tuple(shape)}, got {tuple(tensor.shape)}"
        )


def check_sequence(name: str, states: Tensor, parameter: Tensor) -> None:
    """Raise unless `states` (B, T, E) goes with a parameter whose last axis is E."""
    check_floating_point(name, states)
    size = parameter.shape[-1]
    if states.dim() != 3 or states.shape[-1] != size:
        raise ValueError(f"{name} must have the axes (B, T, {size}), got {tuple(states.shape)}")
    check_goes_with(name, states, parameter)


def check_floating_point(name: str, states: Tensor) -> None:
    """Raise unless `states` is a floating-point tensor."""
    if not isinstance(states, Tensor) or not states.dtype.is_floating_point:
        kind = states.dtype if isinstance(states, Tensor) else type(states).__name__
        raise TypeError(f"{name} must be a floating-point tensor, got {kind}")


def check_goes_with(name: str, states: Tensor, parameter: Tensor) -> None:
    """Raise unless `states` has the device and, but under autocast, the dtype of a parameter."""
    if states.device != parameter.device:
        raise ValueError(f"{name} is on {states.device}, but the parameters on {parameter.device}")
    if states.dtype != parameter.dtype and not torch.is_autocast_enabled(states.device.type):
        raise TypeError(f"{name} is {states.dtype}, but the parameters are {parameter.dtype}")
