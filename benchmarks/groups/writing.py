"""Whole models: greedy decoding beside transformers' `generate`, and one training step."""

from collections.abc import Iterator

from benchmarks.case import Case


def cases(longest: int) -> Iterator[Case]:
    yield from ()
