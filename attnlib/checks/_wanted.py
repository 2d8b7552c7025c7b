"""What a signature says of its tensors, read from their jaxtyping annotations."""

import inspect
import types
import typing
from collections.abc import Sequence
from typing import Any, NamedTuple


class Wanted(NamedTuple):
    """What a signature says of one argument."""

    place: int  # among the arguments
    name: str
    kind: str  # Float, Int, Bool, Real, or Shaped for any
    front: str  # "*N" or "*#N" when there may be more axes in front
    axes: tuple[str, ...]
    optional: bool
    many: bool  # a sequence of them, whose sizes may differ in what no other argument fixes

    def __str__(self) -> str:
        axes = ("…", *self.axes) if self.front else self.axes
        return f"({', '.join(axes).replace('#', '')})"


def wanted_of(place: int, parameter: inspect.Parameter) -> Wanted | None:
    """What the annotation says, when it is of a tensor, a tensor or None, or several tensors."""
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
    return Wanted(place, parameter.name, kind, front, tuple(axes), optional, many)
