"""The questions, by subject. Each module's `cases(longest)` gives those up to a length."""

from collections.abc import Callable, Iterator

from benchmarks.case import Case
from benchmarks.groups import (
    decoding,
    layers,
    linear,
    plain,
    reading,
    structures,
    windows,
    writing,
)

GROUPS: dict[str, Callable[[int], Iterator[Case]]] = {
    "plain": plain.cases,
    "windows": windows.cases,
    "structures": structures.cases,
    "decoding": decoding.cases,
    "layers": layers.cases,
    "reading": reading.cases,
    "linear": linear.cases,
    "writing": writing.cases,
}
