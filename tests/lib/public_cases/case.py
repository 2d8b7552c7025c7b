"""A case: how one public function is called validly, read off its own signature.

The signature says which arguments are tensors and what their axes are, `Float[Tensor, "B H Tq D"]`;
equal letters are equal sizes. So a case gives only what the signature cannot know.
"""

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any

import torch
from torch import Tensor, nn

SIZES = {
    "B": 2,
    "H": 4,
    "G": 2,
    "Hq": 2,
    "Hk": 2,
    "Hv": 4,
    "Hg": 4,
    "Hw": 4,
    "T": 5,
    "Tq": 3,
    "Tk": 5,
    "S": 5,
    "D": 8,
    "Dk": 8,
    "Dv": 6,
    "E": 16,
    "C": 16,
    "height": 4,
    "width": 4,
    "V": 9,
}


@dataclass(frozen=True)
class Case:
    """- `given`: the arguments that are no tensors.
    - `build`: for a method, what makes the object it belongs to.
    - `sizes`: of axes, where they differ from SIZES. `axes`: of tensors that the signature leaves
      optional or open. `fixed`: the axes whose size the object itself fixes.
    - `make`: how normal numbers become values that the argument may have.
    - `finite`: whether what comes out must be.
    - `unhidden`: tensors of which a mask hides nothing.
    - `moved`: tensors that are taken from any device to that of the others, as masks are.
    - `call`: what to do with the arguments, where that is not simply to pass them.
    - `mean`: whether the output is a mean of `value` with weights that sum to 1.
    """

    build: Callable[[], Any] | None = None
    given: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    axes: dict[str, str] = field(default_factory=dict)
    fixed: str = ""
    make: dict[str, Callable[[Tensor], Any]] = field(default_factory=dict)
    finite: bool = True
    unhidden: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    call: Callable[..., Any] | None = None
    mean: bool = False


@dataclass(frozen=True)
class Argument:
    """A tensor that a signature asks for."""

    name: str
    kind: str  # Float, Int, Bool, Real
    axes: tuple[str, ...]
    open: bool  # to other numbers of axes
    many: bool  # a sequence of such tensors


def public(name: str) -> Any:
    """What a name stands for, a function, a class or a method: of `attnlib` unless it says else."""
    whole = name.partition(",")[0]
    return resolve_name(whole if whole.startswith("course.") else f"attnlib:{whole}")


def signature(name: str) -> inspect.Signature:
    """Of what takes the tensors: of a module its forward, of a callable its __call__."""
    found = public(name)
    if inspect.isclass(found):
        if issubclass(found, nn.Module):
            found = found.forward
        elif "__call__" in dir(found) and inspect.isfunction(found.__call__):
            found = found.__call__
    return inspect.signature(found)


def arguments(name: str, case: Case) -> list[Argument]:
    """The tensors it takes: those that are not optional, and those whose axes the case gives."""
    found = []
    for parameter in signature(name).parameters.values():
        choices = (parameter.annotation, *typing.get_args(parameter.annotation))
        shaped = [choice for choice in choices if hasattr(choice, "dim_str")]
        optional = parameter.default is not inspect.Parameter.empty
        if parameter.name in case.axes:
            axes = case.axes[parameter.name]
        elif shaped and not optional and parameter.name not in case.given:
            axes = shaped[0].dim_str
        else:
            continue
        kind = shaped[0].__name__.partition("[")[0] if shaped else "Float"
        many = typing.get_origin(parameter.annotation) is Sequence
        is_open = bool(shaped) and shaped[0].dim_str.startswith("*")
        found.append(Argument(parameter.name, kind, tuple(axes.split()), is_open, many))
    return found


def size(axis: str, case: Case) -> int:
    letter = axis.lstrip("#*")
    known = {**SIZES, **case.sizes}
    return known[letter] if letter in known else int(letter)


def valid(name: str, case: Case, dtype: torch.dtype = torch.float32) -> dict[str, Any]:
    """Arguments that it must take."""
    inputs: dict[str, Any] = dict(case.given)
    for argument in arguments(name, case):
        tensor = fill(argument, case, [size(axis, case) for axis in argument.axes], dtype)
        inputs[argument.name] = [tensor] if argument.many else tensor
    return inputs


def fill(argument: Argument, case: Case, shape: Sequence[int], dtype: torch.dtype) -> Any:
    source = torch.Generator().manual_seed(len(argument.name) + sum(shape))
    numbers = torch.randn(tuple(shape), generator=source, dtype=torch.float64)
    if argument.name in case.make:
        numbers = case.make[argument.name](numbers)
    elif argument.kind == "Bool":
        numbers = numbers > 0
    elif argument.kind == "Int":
        numbers = (numbers.abs() * 100).long() % 5
    return numbers.to(dtype) if numbers.is_floating_point() else numbers


def run(name: str, case: Case, inputs: dict[str, Any]) -> Any:
    """What it makes of the inputs; parameters are drawn from one seed."""
    torch.default_generator.manual_seed(0)
    return call(name, case)(**inputs)


def call(name: str, case: Case) -> Callable[..., Any]:
    """What takes the arguments: a function, or a method of a newly built object."""
    if case.call is not None:
        return case.call
    if case.build is None:
        return public(name)
    built = case.build()
    if isinstance(built, nn.Module):
        built.eval()
    method = name.partition(",")[0].rpartition(".")[2]
    return built if method == type(built).__name__ else getattr(built, method)
