"""Reading an answer in whatever idiom it is given: tensors, arrays, lists, numbers, text."""

from collections.abc import Sequence
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy
import torch
from torch import Tensor


class UnreadableError(Exception):
    """The answer is not of a kind that can be compared. The message is the hint."""


def tensor_of(given: Any) -> Tensor:
    """The answer as one tensor; a list or tuple of equal shapes is stacked."""
    if isinstance(given, complex | numpy.complexfloating) or _is_complex(given):
        raise UnreadableError("your numbers are complex: give their real part.")
    if isinstance(given, Tensor):
        return given.detach().cpu()
    if isinstance(given, list | tuple):
        return _stacked(given)
    if isinstance(given, numpy.ndarray) and given.dtype.kind in "biuf":
        return torch.from_numpy(given.copy())
    if isinstance(given, bool | int | numpy.number | numpy.bool_):
        return torch.as_tensor(given)
    if isinstance(given, Number):  # also Fraction and Decimal
        return torch.tensor(float(given), dtype=torch.float64)  # type: ignore[arg-type]
    raise UnreadableError(f"numbers are asked for, in a tensor; yours is {_named(given)}.")


def _is_complex(given: Any) -> bool:
    if isinstance(given, numpy.ndarray):
        return given.dtype.kind == "c"
    return isinstance(given, Tensor) and given.is_complex()


def _stacked(parts: Sequence[Any]) -> Tensor:
    tensors = [tensor_of(part) for part in parts]
    if len({tensor.shape for tensor in tensors}) > 1:
        raise UnreadableError(f"give one tensor; got {_named(parts)} of different shapes.")
    return torch.stack(tensors) if tensors else torch.empty(0)


def numbers_of(answer: Any) -> Tensor:
    """An answer worked out by hand, as (n,) numbers; a text such as "15" or "1/8" counts too."""
    if isinstance(answer, str):
        given = torch.tensor([_number_in(answer)], dtype=torch.float64)
    elif isinstance(answer, list | tuple) and any(isinstance(part, str) for part in answer):
        given = torch.cat([numbers_of(part) for part in answer])
    else:
        given = tensor_of(answer).flatten()
    if not bool(given.isfinite().all()):
        raise UnreadableError(f"ordinary numbers are asked for; got {given.tolist()}.")
    return given.double()


def _number_in(text: str) -> float:
    try:
        return float(Fraction(text.strip()))
    except (ValueError, ZeroDivisionError):
        raise UnreadableError(f"a number is asked for; got the text {text!r}.") from None


def _named(given: Any) -> str:
    if isinstance(given, str):
        return f"the text {given!r}"
    name = type(given).__name__
    article = "an" if name[0].lower() in "aeiou" else "a"
    return (
        f"{article} {name} of {len(given)}" if isinstance(given, Sequence) else f"{article} {name}"
    )


def same(given: Tensor, wanted: Tensor, tolerance: float) -> bool:
    """Whether two tensors have one shape and agree within tolerance · max(1, |wanted|)."""
    return given.shape == wanted.shape and not bool(differs(given, wanted, tolerance).any())


def differs(given: Tensor, wanted: Tensor, tolerance: float) -> Tensor:
    """True where two tensors of one shape do not agree; nan agrees with nan, inf with inf."""
    given, wanted = given.double(), wanted.double()
    apart = (given - wanted).abs() > tolerance * wanted.abs().clamp(min=1)
    odd = ~(given.isfinite() & wanted.isfinite())
    alike = (given == wanted) | (given.isnan() & wanted.isnan())
    return torch.where(odd, ~alike, apart)
