"""`@checked`: what a signature says of its tensors, every call is held to.

    @checked
    def dot(query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"]): …

Equal letters are equal sizes; an axis written #T may also be 1; *N stands for any axes in front,
*#N for axes that broadcast to them; where there are H query heads and G key heads, H is a multiple
of G. Floating-point tensors have one dtype (16 bits may stand beside float32), and all tensors are
on one device. A call that breaks this raises TypeError or ValueError, naming the argument, what was
expected and what came.
"""

import inspect
import types
import typing
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

import torch
from torch import Tensor

from attnlib.checks import check_groups

Function = TypeVar("Function", bound=Callable[..., Any])
Sizes = dict[str, tuple[Any, str]]  # of an axis: how many, and the argument that said so first

WORDS = {"B": "batch size {}", "H": "{} heads", "G": "{} heads"}
WORDS |= dict.fromkeys(("T", "Tq", "Tk", "S"), "length {}")


class Wanted(NamedTuple):
    """What a signature says of one argument."""

    name: str
    kind: str  # Float, Int, Bool, Real, or Shaped for any
    front: str  # "*N" or "*#N" when there may be more axes in front
    axes: tuple[str, ...]
    optional: bool
    many: bool  # a sequence of them, whose sizes may differ in what no other argument fixes

    def __str__(self) -> str:
        axes = ("…", *self.axes) if self.front else self.axes
        return f"({', '.join(axes).replace('#', '')})"


def checked(function: Function) -> Function:
    """The function, which now refuses tensors that are not what its signature says."""
    parameters = inspect.signature(function).parameters
    wanted = [w for w in map(_wanted, parameters.values()) if w is not None]

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(parameters, args, strict=False)) | kwargs
        _check([(w, given[w.name]) for w in wanted if w.name in given])
        return function(*args, **kwargs)

    return cast(Function, call)


def _wanted(parameter: inspect.Parameter) -> Wanted | None:
    """What the annotation says, when it is of a tensor, or of a tensor or None."""
    annotation = parameter.annotation
    many = typing.get_origin(annotation) is Sequence
    inside = many or isinstance(annotation, types.UnionType)
    choices = set(typing.get_args(annotation)) if inside else {annotation}
    optional = type(None) in choices
    choices -= {type(None)}
    choice: Any = choices.pop()
    if choices or not hasattr(choice, "dim_str"):
        return None
    axes = choice.dim_str.split()
    front = axes.pop(0) if axes[:1] and axes[0].startswith("*") else ""
    kind = choice.__name__.partition("[")[0]
    return Wanted(parameter.name, kind, front, tuple(axes), optional, many)


def _check(given: list[tuple[Wanted, Any]]) -> None:
    single = [(w, t) for w, t in given if not w.many and not (w.optional and t is None)]
    sizes: Sizes = {}
    for wanted, tensor in single:
        _check_tensor(wanted, tensor, single[0], sizes)
    for wanted, tensor in single:
        _check_loose_axes(wanted, tensor.shape, sizes)
    for wanted, tensors in given:
        if wanted.many and not isinstance(tensors, Sequence):
            kind = type(tensors).__name__
            raise TypeError(f"{wanted.name} must be a sequence of tensors, got {kind}")
        for tensor in tensors if wanted.many else ():
            _check_tensor(wanted, tensor, (single or [(wanted, tensor)])[0], dict(sizes))
    if "G" in sizes and "H" in sizes:
        (heads, name), (key_heads, other) = sizes["H"], sizes["G"]
        check_groups(heads, key_heads, name, other)


def _check_tensor(wanted: Wanted, tensor: Any, first: tuple[Wanted, Any], sizes: Sizes) -> None:
    _check_kind(wanted, tensor)
    _check_company(wanted, tensor, *first)
    _check_axes(wanted, tensor.shape, sizes)


def _check_kind(wanted: Wanted, tensor: Any) -> None:
    name, kind = wanted.name, wanted.kind
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
    dtype = tensor.dtype
    if kind == "Float" and not dtype.is_floating_point:
        raise TypeError(f"{name} must be floating point, got {dtype}")
    if kind == "Bool" and dtype != torch.bool:
        raise TypeError(f"{name} must be boolean, got {dtype}")
    if kind == "Int" and (dtype.is_floating_point or dtype.is_complex or dtype == torch.bool):
        raise TypeError(f"{name} must be integers, got {dtype}")


def _check_company(wanted: Wanted, tensor: Tensor, first: Wanted, other: Tensor) -> None:
    """That it is where the first argument is, and of its dtype when both are floating point."""
    if tensor.device != other.device:
        raise ValueError(
            f"{wanted.name} is on {tensor.device}, but {first.name} is on {other.device}"
        )
    if wanted.kind == first.kind == "Float" and _widened(tensor) != _widened(other):
        raise TypeError(f"{wanted.name} is {tensor.dtype}, but {first.name} is {other.dtype}")


def _widened(tensor: Tensor) -> torch.dtype:
    return torch.promote_types(tensor.dtype, torch.float32)


def _check_axes(wanted: Wanted, shape: torch.Size, sizes: Sizes) -> None:
    """The number of axes, and that each has the size that its letter had before."""
    more = len(shape) - len(wanted.axes)
    if more < 0 or (more and not wanted.front):
        raise ValueError(f"{wanted.name} must have the axes {wanted}, got {tuple(shape)}")
    if wanted.front and not wanted.front.startswith("*#"):
        _check_size(wanted, wanted.front, tuple(shape[:more]), sizes)
    for axis, size in zip(wanted.axes, shape[more:], strict=True):
        if axis.isdigit() and int(axis) != size:
            raise ValueError(f"{wanted.name} must have the axes {wanted}, got {tuple(shape)}")
        if not axis.isdigit() and not axis.startswith("#"):
            _check_size(wanted, axis, size, sizes)


def _check_loose_axes(wanted: Wanted, shape: torch.Size, sizes: Sizes) -> None:
    """That axes which may be 1 otherwise have the size that their letter has elsewhere."""
    more = len(shape) - len(wanted.axes)
    if wanted.front.startswith("*#"):
        _check_loose_front(wanted, tuple(shape[:more]), sizes)
    for axis, size in zip(wanted.axes, shape[more:], strict=True):
        if axis.startswith("#") and size != 1:
            _check_size(wanted, axis[1:], size, sizes)


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


def _check_size(wanted: Wanted, axis: str, size: Any, sizes: Sizes) -> None:
    known, other = sizes.setdefault(axis, (size, wanted.name))
    if size != known and other == wanted.name:
        raise ValueError(f"{other} must have the axes {wanted}, got {size} and {known} for {axis}")
    if size != known:
        ours = WORDS.get(axis, "axes {} in front" if axis.startswith("*") else "size {}")
        raise ValueError(f"{wanted.name} has {ours.format(size)}, but {other} has {known}")
    if axis in ("D", "Dv") and size == 0:
        raise ValueError(f"{wanted.name} must have a size {axis} of at least 1, got 0")
