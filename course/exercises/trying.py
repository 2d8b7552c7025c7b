"""Trying the reader's function: on copies of the inputs, with its errors and changes noticed."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Trial:
    """What a function made of one case: its answer or its error, and which inputs it changed."""

    given: Any = None
    error: Exception | None = None
    changed: tuple[str, ...] = ()


def tried(function: Callable[..., Any], inputs: Sequence[Any], names: Sequence[str]) -> Trial:
    """Call the function with copies of the inputs."""
    copies = [_copy(value) for value in inputs]
    try:
        given = function(*copies)
    except Exception as error:  # the reader's code may raise anything
        return Trial(error=error)
    pairs = zip(names, inputs, copies, strict=True)
    return Trial(given, changed=tuple(name for name, was, now in pairs if not _equal(was, now)))


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else copy.deepcopy(value)


def _equal(was: Any, now: Any) -> bool:
    if isinstance(was, Tensor):
        return was.shape == now.shape and bool(((was == now) | was.isnan()).all())
    return bool(was == now)


def nothing_returned(function: Callable[..., Any], trial: Trial) -> str | None:
    """The hint for a function that returned nothing: not yet written, or written without return."""
    if trial.error is not None or (trial.given is not None and trial.given is not ...):
        return None
    if trial.given is None and _does_something(function):
        return "the function returns nothing: does it end with `return`?"
    return "the function returns nothing yet: replace the dots."


def _does_something(function: Callable[..., Any]) -> bool:
    def dots() -> None: ...

    code = getattr(function, "__code__", None)
    return code is not None and len(code.co_code) > len(dots.__code__.co_code)


def stopped(trial: Trial) -> str:
    """The hint for a function that raised an error."""
    return f"your code stopped with {type(trial.error).__name__}: {trial.error}"


def was_changed(trial: Trial) -> str | None:
    """The hint for a function that is right, but writes into what it was given."""
    if not trial.changed:
        return None
    names = " and ".join(f"`{name}`" for name in trial.changed)
    return (
        f"right, but {names} was changed on the way, and the caller still needs it: work on a copy."
    )


class Draw:
    """Random inputs of a check, the same each time."""

    def __init__(self, seed: int = 0) -> None:
        self.source = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        """Normal numbers."""
        return torch.randn(shape, generator=self.source)

    def uniform(self, *shape: int) -> Tensor:
        """Numbers from 0 to 1."""
        return torch.rand(shape, generator=self.source)

    def weights(self, *shape: int) -> Tensor:
        """Attention weights: positive, each row sums to 1."""
        return (2 * self.normal(*shape)).softmax(dim=-1)

    def below(self, bound: int, *shape: int) -> Tensor:
        """Whole numbers from 0 to bound − 1."""
        return torch.randint(bound, shape, generator=self.source)

    def either(self, *shape: int) -> Tensor:
        """True and False."""
        return self.uniform(*shape) < 0.5
