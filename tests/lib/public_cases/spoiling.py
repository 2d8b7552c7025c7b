"""How arguments go wrong, one at a time, and what a call may then do.

It may raise TypeError or ValueError from a `raise` of attnlib, naming an argument. Or, where the
signature allows what came, it may compute.
"""

import inspect
import re
import traceback
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from attnlib.masks import Dense
from public_cases.case import Argument, Case, arguments, fill, run, signature, size, valid


def change(inputs: dict[str, Any], argument: Argument, value: Any) -> dict[str, Any]:
    spoiled = [value] if argument.many and isinstance(value, Tensor) else value
    return {**inputs, argument.name: spoiled}


def tensor_of(inputs: dict[str, Any], argument: Argument) -> Tensor:
    return inputs[argument.name][0] if argument.many else inputs[argument.name]


def other_sizes(name: str, case: Case) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every axis of every tensor one larger, 1 and 0: what changed, inputs, may it be computed."""
    inputs, all_arguments = valid(name, case), arguments(name, case)
    shapes = {a.name: tuple(tensor_of(inputs, a).shape) for a in all_arguments}
    for argument in all_arguments:
        for place, axis in enumerate(argument.axes):
            shape = list(shapes[argument.name])
            for new in {shape[place] + 1, 1, 0} - {shape[place]}:
                other = (*shape[:place], new, *shape[place + 1 :])
                fits = agree(all_arguments, {**shapes, argument.name: other}, case)
                spoiled = change(inputs, argument, fill(argument, case, other, torch.float32))
                yield f"{argument.name} with {axis} = {new}", spoiled, fits


def agree(all_arguments: list[Argument], shapes: dict[str, tuple[int, ...]], case: Case) -> bool:
    """Whether the shapes give every letter one size, and key heads divide query heads."""
    known = {letter: size(letter, case) for letter in case.fixed.split()}
    loose = []
    for argument in all_arguments:
        for axis, number in zip(argument.axes, shapes[argument.name], strict=True):
            letter = axis.lstrip("#")
            if axis.startswith("#"):
                loose.append((letter, number))
            elif known.setdefault(letter, int(letter) if letter.isdigit() else number) != number:
                return False
    if any(number not in (1, known.setdefault(letter, number)) for letter, number in loose):
        return False
    return not ("G" in known and "H" in known and (known["G"] == 0 or known["H"] % known["G"]))


def outcome(name: str, case: Case, inputs: dict[str, Any]) -> Any:
    """The result, or the clear error. Anything else is raised: it fails the test."""
    try:
        return run(name, case, inputs)
    except Exception as error:
        if not is_clear(error, named(name, case)):
            raise
        return error


def is_clear(error: Exception, names: set[str]) -> bool:
    """TypeError or ValueError of a `raise` in attnlib, whose text names one of the arguments."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = "attnlib" in last.filename and (last.line or "").startswith("raise")
    words = set(re.findall(r"\w+", str(error)))
    return ours and isinstance(error, TypeError | ValueError) and bool(words & names)


def named(name: str, case: Case) -> set[str]:
    """The arguments' names, and a mask's own name for the tensor that it is made of."""
    names = set(signature(name).parameters) | {a.name for a in arguments(name, case)} | {"mask"}
    if case.build is not None:
        build = getattr(case.build, "func", case.build)
        names |= set(inspect.signature(build).parameters)
    return names - {"self"}


def whole_numbers(given: dict[str, Any]) -> list[str]:
    return [name for name, value in given.items() if type(value) is int]


def build_arguments(case: Case) -> list[str]:
    """What the case's object is built with by name, where that can be seen."""
    return list(case.build.keywords) if isinstance(case.build, partial) else []


def tensors_in(result: Any) -> list[Tensor]:
    """All floating-point tensors that a result holds."""
    if isinstance(result, Tensor):
        return [result] if result.is_floating_point() else []
    if isinstance(result, Dense):
        return [result.allowed.float()]
    if hasattr(result, "weights") and hasattr(result, "output"):
        return [result.output, result.weights]
    if isinstance(result, tuple | list):
        return [tensor for part in result for tensor in tensors_in(part)]
    return []


def with_size(name: str, case: Case, letter: str, number: int) -> Case | None:
    """The case with another size of an axis in all its tensors at once; None where it has none."""
    letters = {axis.lstrip("#") for argument in arguments(name, case) for axis in argument.axes}
    if letter not in letters or letter in case.fixed.split():
        return None
    return replace(case, sizes={**case.sizes, letter: number})


def shape_told(name: str, case: Case) -> tuple[int, ...] | None:
    """The shape that the signature promises of the result; None for letters of no argument."""
    promised = getattr(signature(name).return_annotation, "dim_str", "*")
    letters = {axis.lstrip("#") for argument in arguments(name, case) for axis in argument.axes}
    axes = promised.split()
    if not axes or not all(axis in letters or axis.isdigit() for axis in axes):
        return None
    return tuple(size(axis, case) for axis in axes)


def is_module(case: Case) -> bool:
    """Whether it has parameters, which are somewhere."""
    built = None if case.build is None else case.build()
    return isinstance(built, nn.Module) and any(True for _ in built.parameters())
