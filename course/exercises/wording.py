"""Numbers and inputs in words, for the hints."""

import math
from typing import Any

from torch import Tensor


def shown(number: float, other: float) -> tuple[str, str]:
    """Two different numbers in as few digits as tell them apart."""
    for digits in (4, 7, 17):
        first, second = _rounded(number, digits), _rounded(other, digits)
        if first != second:
            break
    return first, second


def _rounded(number: float, digits: int) -> str:
    if not math.isfinite(number) or number == int(number):
        return str(number) if not math.isfinite(number) else str(int(number))
    return f"{number:.{digits}f}" if 1e-3 <= abs(number) < 1e6 else f"{number:.{digits}g}"


def described(name: str, value: Any) -> str:
    """One input of a case: small ones with their numbers, large ones by their shape."""
    if isinstance(value, Tensor) and value.numel() > 6:
        return f"{name} {tuple(value.shape)}"
    if isinstance(value, Tensor):
        return f"{name} = {_short(value.tolist())}"
    return f"{name} = {getattr(value, '__name__', value)}"


def _short(values: Any) -> str:
    if isinstance(values, list):
        return f"[{', '.join(map(_short, values))}]"
    return str(values) if isinstance(values, bool) else f"{values:.4g}"


def capitalized(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
