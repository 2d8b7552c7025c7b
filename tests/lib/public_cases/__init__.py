"""A case for everything public that computes on tensors, or why there is none."""

import inspect
import pkgutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from types import ModuleType

from torch import nn

from attnlib.masks import Mask
from public_cases import attention, heads, linear, masks, models, positions, sparse, things
from public_cases.exempt import APART, SINGLE

FAMILIES = (attention, masks, positions, heads, linear, sparse, things, models)
CASES = {name: case for family in FAMILIES for name, case in family.CASES.items()}


def required() -> list[str]:
    """The names, without `attnlib.`, of which each needs a case or an exemption.

    A thing is named by the face that shows it; what no face shows, by its module.
    """
    names = []
    for package in ("attnlib", "course.digits", "course.language"):
        for info in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            short = info.name.removeprefix("attnlib.")
            apart = any(short == name or short.startswith(f"{name}.") for name in APART)
            if not apart and not short.endswith("__main__"):
                names += _named(import_module(info.name))
    return names


def _named(module: ModuleType) -> Iterator[str]:
    """What a module defines, as its package's face shows it; of a private module, that alone."""
    room = import_module(module.__name__.rpartition(".")[0])
    shown = getattr(room, "__all__", [])
    private = module.__name__.rpartition(".")[2].startswith("_")
    for name in _computing(module):
        if name.partition(".")[0] in shown:
            yield f"{room.__name__}.{name}".removeprefix("attnlib.")
        elif not private:
            yield f"{module.__name__}.{name}".removeprefix("attnlib.")


def exempt(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in SINGLE)


def _computing(module: ModuleType) -> Iterator[str]:
    """What a module defines that computes on tensors: functions, classes, methods."""
    whole_models_only = module.__name__.startswith(("attnlib.models", "course"))
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(thing):
            called = inspect.isfunction(vars(thing).get("__call__"))
            if (
                issubclass(thing, nn.Module)
                or (called and not whole_models_only)
                or (issubclass(thing, Mask) and _takes_tensors(thing))
            ):
                yield name
            methods = {} if whole_models_only else vars(thing)
            for method, function in methods.items():
                public = not method.startswith("_") and method != "forward"
                if public and inspect.isfunction(function) and _takes_tensors(function):
                    yield f"{name}.{method}"
        elif inspect.isfunction(thing) and _takes_tensors(thing) and not whole_models_only:
            yield name


def _takes_tensors(function: object) -> bool:
    return "Tensor" in str(inspect.signature(function))  # type: ignore[arg-type]
