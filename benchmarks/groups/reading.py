"""What it costs to read weights afterwards: one row, of the forward pass."""

from collections.abc import Iterator, Mapping

from attnlib import attention
from benchmarks.case import Case, Run
from benchmarks.groups.states import states


def cases(longest: int) -> Iterator[Case]:
    for T in (2048, 8192):
        if longest >= T:
            yield Case(f"one row of weights, T = {T}", lambda T=T: contenders(T), tolerance=None)


def contenders(length: int) -> Mapping[str, Run]:
    """Not the same answer: one row of weights, beside the forward pass that it comes from."""
    query, key, value = states(length)
    seen = attention(query, key, value)
    return {
        "attnlib": lambda: seen.rows(slice(-1, None)),
        "the forward pass": lambda: attention(query, key, value).output,
    }
