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
from collections.abc import Callable
from functools import partial, wraps
from operator import attrgetter
from typing import Any, TypeVar, cast, overload

import torch
from torch.jit._trace import is_tracing

from attnlib.checks._fitting import check_fit
from attnlib.checks._wanted import wanted_of

Function = TypeVar("Function", bound=Callable[..., Any])

MOST_KNOWN = 1024  # calls that passed and are known again by their sizes
WHAT_IS_CHECKED = attrgetter("__class__", "shape", "dtype", "device")


@overload
def checked(function: Function) -> Function: ...


@overload
def checked(*, one_dtype: bool) -> Callable[[Function], Function]: ...


def checked(function: Function | None = None, *, one_dtype: bool = False) -> Any:
    """The function, which now refuses tensors that are not what its signature says.

    With `one_dtype`, 16 bits may stand beside float32 under autocast only, which makes them one.
    """
    if function is None:
        return partial(_checked, one_dtype=one_dtype)
    return _checked(function, one_dtype=one_dtype)


def _checked(function: Function, *, one_dtype: bool) -> Function:
    parameters = inspect.signature(function).parameters.values()
    wanted = [w for w in map(wanted_of, range(len(parameters)), parameters) if w is not None]
    kinds_of = _kinds_of(inspect.signature(function), [one.name for one in wanted])
    passed: set[tuple[object, ...]] = set()

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        graph = torch.compiler.is_compiling() or is_tracing()  # sizes may be tensors
        known, kinds = False, None
        if not graph:
            try:
                autocast = one_dtype and torch._C._is_any_autocast_enabled()
                kinds = autocast, kinds_of(*args, **kwargs)
                known = kinds in passed
            except (AttributeError, TypeError):  # no tensor; sizes that are symbols in a graph
                kinds = None
        if not known:
            check_fit(wanted, args, kwargs, one_dtype=one_dtype)
            if kinds is not None:
                if len(passed) == MOST_KNOWN:
                    passed.clear()
                passed.add(kinds)
        return function(*args, **kwargs)

    # A code of its own, by its name: torch.compile counts graphs by code, and allows eight.
    code = cast(types.FunctionType, call).__code__
    cast(types.FunctionType, call).__code__ = code.replace(co_name=function.__name__)
    return cast(Function, call)


def unchecked(function: Function) -> Function:
    """The function without its checks, for a caller that has made them."""
    return cast(Function, inspect.unwrap(function))


def _kinds_of(signature: inspect.Signature, names: list[str]) -> Callable[..., tuple[object, ...]]:
    """A function of the same arguments that gives all that is checked of the tensors among them.

    Straight code, since a loop over names would take longer than a small function itself:

        lambda query, key, *, bias=...: (of(query), of(key), bias if bias is None … else of(bias))
    """
    plain = [
        one.replace(annotation=one.empty, default=one.empty if one.default is one.empty else ...)
        for one in signature.parameters.values()
    ]
    arguments = str(inspect.Signature(plain)).strip("()").replace("Ellipsis", "...")
    kinds = "".join(f"{n} if {n} is None or {n} is ... else of({n}), " for n in names)
    return cast(
        Callable[..., tuple[object, ...]],
        eval(f"lambda {arguments}: ({kinds})", {"of": WHAT_IS_CHECKED}),
    )
