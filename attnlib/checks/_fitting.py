"""Whether the tensors of one call fit what the signature says of them, each and together."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from attnlib.checks._wanted import Wanted
from attnlib.checks.states import check_groups

Sizes = dict[str, tuple[Any, str]]  # of an axis: how many, and the argument that said so first

NEVER_EMPTY = ("D", "Dk", "Dv")
WORDS = {"B": "batch size {}", "H": "{} heads", "G": "{} heads"}
WORDS |= dict.fromkeys(("T", "Tq", "Tk", "S"), "length {}")


def check_fit(
    wanted: list[Wanted], args: tuple[Any, ...], kwargs: dict[str, Any], *, one_dtype: bool
) -> None:
    """Every argument by itself and against those before; axes that may be 1 when all are known."""
    sizes: Sizes = {}
    first: tuple[Wanted, Any] | None = None
    later: list[tuple[Wanted, Any]] = []
    for one in wanted:
        if one.place < len(args):
            tensor = args[one.place]
        elif one.name in kwargs:
            tensor = kwargs[one.name]
        else:
            continue
        if one.many:
            later.append((one, tensor))
        elif tensor is not None or not one.optional:
            first = first or (one, tensor)
            if one_dtype and isinstance(tensor, Tensor):
                _check_one_dtype(one, tensor, *first)
            if _check_tensor(one, tensor, first, sizes):
                later.append((one, tensor))
    for one, tensor in later:
        if one.many:
            _check_many(one, tensor, first, sizes)
        else:
            _check_loose_axes(one, tensor.shape, sizes)
    if "G" in sizes and "H" in sizes:
        (heads, name), (key_heads, other) = sizes["H"], sizes["G"]
        check_groups(heads, key_heads, name, other)


def _check_tensor(wanted: Wanted, tensor: Any, first: tuple[Wanted, Any], sizes: Sizes) -> bool:
    """The tensor's kind, its company and its axes; whether some axes are left to be looked at."""
    name, kind = wanted.name, wanted.kind
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
    _check_dtype(name, kind, tensor.dtype)
    if first[1] is not tensor:
        _check_company(wanted, tensor, *first)

    shape, axes = tensor.shape, wanted.axes
    more = len(shape) - len(axes)
    if more and (more < 0 or not wanted.front):
        may_be_1 = more < 0 and all(axis[0] == "#" for axis in axes)
        hint = f"; an axis that is missing is written as one of 1, {name}[None]" if may_be_1 else ""
        raise ValueError(f"{name} must have the axes {wanted}, got {tuple(shape)}{hint}")
    loose = wanted.front.startswith("*#")
    if wanted.front and not loose:
        _check_size(wanted, wanted.front, tuple(shape[:more]), shape, sizes)
    for axis, size in zip(axes, shape[more:] if more else shape, strict=True):
        if axis[0] == "#":
            loose = True
        elif axis in sizes or axis in NEVER_EMPTY or axis[0].isdigit():
            _check_size(wanted, axis, size, shape, sizes)
        else:
            sizes[axis] = size, name
    return loose


def _check_many(
    wanted: Wanted, tensors: Any, first: tuple[Wanted, Any] | None, sizes: Sizes
) -> None:
    if not isinstance(tensors, Sequence):
        kind = type(tensors).__name__
        raise TypeError(f"{wanted.name} must be a sequence of tensors, got {kind}")
    for tensor in tensors:
        _check_tensor(wanted, tensor, first or (wanted, tensor), dict(sizes))


def _check_dtype(name: str, kind: str, dtype: torch.dtype) -> None:
    if kind == "Float":
        if not dtype.is_floating_point:
            raise TypeError(f"{name} must be floating point, got {dtype}")
    elif kind == "Bool":
        if dtype != torch.bool:
            raise TypeError(f"{name} must be boolean, got {dtype}")
    elif kind == "Int" and (dtype.is_floating_point or dtype.is_complex or dtype == torch.bool):
        raise TypeError(f"{name} must be integers, got {dtype}")


def _check_company(wanted: Wanted, tensor: Tensor, first: Wanted, other: Tensor) -> None:
    """That it is where the first argument is, and of its dtype when both are floating point."""
    if tensor.device != other.device:
        raise ValueError(
            f"{wanted.name} is on {tensor.device}, but {first.name} is on {other.device}"
        )
    both = wanted.kind == first.kind == "Float"
    if both and tensor.dtype != other.dtype and _widened(tensor) != _widened(other):
        raise TypeError(f"{wanted.name} is {tensor.dtype}, but {first.name} is {other.dtype}")


def _check_one_dtype(wanted: Wanted, tensor: Tensor, first: Wanted, other: Any) -> None:
    if wanted.kind != "Float" or first.kind != "Float" or not tensor.is_floating_point():
        return
    autocast = tensor.device.type != "meta" and torch.is_autocast_enabled(tensor.device.type)
    if tensor.dtype != other.dtype and not autocast:
        raise TypeError(f"{wanted.name} is {tensor.dtype}, but {first.name} is {other.dtype}")


def _widened(tensor: Tensor) -> torch.dtype:
    return torch.promote_types(tensor.dtype, torch.float32)


def _check_loose_axes(wanted: Wanted, shape: torch.Size, sizes: Sizes) -> None:
    """That axes which may be 1 otherwise have the size that their letter has elsewhere."""
    more = len(shape) - len(wanted.axes)
    if wanted.front.startswith("*#"):
        _check_loose_front(wanted, tuple(shape[:more]), sizes)
    for axis, size in zip(wanted.axes, shape[more:], strict=True):
        if axis.startswith("#") and size != 1:
            _check_size(wanted, axis[1:], size, shape, sizes)


def _check_loose_front(wanted: Wanted, front: tuple[int, ...], sizes: Sizes) -> None:
    letter = wanted.front[2:]
    known, other = sizes.get("*" + letter) or sizes.get(letter) or (front, wanted.name)
    known = known if isinstance(known, tuple) else (known,)
    if len(front) > len(known):
        raise ValueError(f"{wanted.name} has {len(front)} axes in front, but {other} {len(known)}")
    for size, full in zip(front, known[len(known) - len(front) :], strict=True):
        if size not in (1, full):
            ours = WORDS.get(letter, "an axis of {}").format(size)
            raise ValueError(f"{wanted.name} has {ours}, but {other} has {full}")


def _check_size(wanted: Wanted, axis: str, size: Any, shape: torch.Size, sizes: Sizes) -> None:
    if axis.isdigit():
        known, other = int(axis), wanted.name
    else:
        known, other = sizes.setdefault(axis, (size, wanted.name))
    if size != known and other == wanted.name:
        raise ValueError(f"{other} must have the axes {wanted}, got {tuple(shape)}")
    if size != known:
        ours = WORDS.get(axis, "axes {} in front" if axis.startswith("*") else "size {}")
        raise ValueError(f"{wanted.name} has {ours.format(size)}, but {other} has {known}")
    if axis in NEVER_EMPTY and size == 0:
        raise ValueError(f"{wanted.name} must have a size {axis} of at least 1, got 0")
