"""A case for everything public in attnlib that computes on tensors, or why there is none."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from types import ModuleType

from torch import nn

import attnlib
from attnlib.masks import Mask
from public_cases import attention, heads, linear, masks, models, positions, sparse, things
from public_cases.exempt import APART, SINGLE

FAMILIES = (attention, masks, positions, heads, linear, sparse, things, models)
CASES = {name: case for family in FAMILIES for name, case in family.CASES.items()}


def required() -> list[str]:
    """The names, without `attnlib.`, of which each needs a case or an exemption."""
    names = []
    for info in pkgutil.walk_packages(attnlib.__path__, "attnlib."):
        short = info.name.removeprefix("attnlib.")
        apart = any(short == name or short.startswith(f"{name}.") for name in APART)
        if not apart and not short.endswith("__main__"):
            module = importlib.import_module(info.name)
            names += [f"{short}.{name}" for name in _computing(module)]
    return names


def exempt(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in SINGLE)


def _computing(module: ModuleType) -> Iterator[str]:
    """What a module defines that computes on tensors: functions, classes, methods."""
    whole_models_only = module.__name__.startswith("attnlib.models")
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
