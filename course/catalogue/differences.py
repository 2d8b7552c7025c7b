"""How far each type is from its oracle: the largest difference that its test meets.

    python -m course.catalogue --measure          runs the tests not measured yet, stores the rest
    python -m course.catalogue --measure all      runs all of them

A difference is |ours − theirs|, in float64 unless nothing is compared in it, over outputs, states
and gradients of all cases of the test. A test that compares by other means says its difference
itself, by `record_property("difference", …)`. Where what is compared is a selection, and the same,
it is 0.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

STORED = Path(__file__).with_suffix(".json")
ROOT = Path(__file__).parents[2]
OPTIONS = ("-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")


@cache
def stored() -> dict[str, float]:
    """The largest difference of each test, by its pytest node, as last measured."""
    found: dict[str, float] = json.loads(STORED.read_text(encoding="utf-8"))
    return found


def measure(nodes: Sequence[str], *, anew: bool) -> None:
    """Measure the nodes not stored yet, or all of them anew; store those named and no others.

    With two digits: what is smaller differs among processors. Raises RuntimeError, once the rest
    is stored, for tests that compare nothing.
    """
    known = {} if anew or not STORED.exists() else stored()
    wanted = [node for node in nodes if node not in known]
    found = {node: float(f"{apart:.1e}") for node, apart in measured(wanted).items()}
    kept = {node: apart for node, apart in sorted((known | found).items()) if node in nodes}
    STORED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    stored.cache_clear()
    silent = sorted(set(wanted) - found.keys())
    if silent:
        raise RuntimeError(f"these tests compare nothing that can be measured: {silent}")


def measured(nodes: Iterable[str]) -> dict[str, float]:
    """The largest difference of each pytest node that compares something, measured now.

    Raises RuntimeError when a test fails.
    """
    import pytest

    wanted, watch = sorted(set(nodes)), Watch()
    if not wanted:
        return {}
    with watch.comparisons():
        ended = pytest.main(
            [*OPTIONS, f"--rootdir={ROOT}", *(f"{ROOT}/{node}" for node in wanted)],
            plugins=[watch],
        )
    if ended != pytest.ExitCode.OK:
        raise RuntimeError(f"the oracles' tests ended with {ended!r}")
    largest = {node: watch.largest(node) for node in wanted}
    return {node: difference for node, difference in largest.items() if difference is not None}


class Watch:
    """A pytest plugin that notes what `torch.testing.assert_close` and `torch.equal` compare."""

    def __init__(self) -> None:
        self.test = ""
        self.met: dict[str, list[tuple[int, float]]] = defaultdict(list)  # (bits, difference)

    def pytest_runtest_call(self, item: Any) -> None:
        self.test = item.nodeid

    def pytest_runtest_logreport(self, report: Any) -> None:
        for name, difference in report.user_properties:
            if report.when == "call" and name == "difference":
                self.met[report.nodeid].append((64, float(difference)))

    @contextmanager
    def comparisons(self) -> Iterator[None]:
        """While it lasts, what a test finds close or equal is noted."""
        close, equal = torch.testing.assert_close, torch.equal

        def noted_close(ours: Any, theirs: Any, *options: Any, **named: Any) -> None:
            close(ours, theirs, *options, **named)
            if isinstance(ours, Tensor) and isinstance(theirs, Tensor) and ours.numel():
                self.met[self.test].append(_apart(ours, theirs))

        def noted_equal(ours: Tensor, theirs: Tensor) -> bool:
            same = equal(ours, theirs)
            if same:
                self.met[self.test].append((0, 0.0))
            return same

        with (
            patch.object(torch.testing, "assert_close", noted_close),
            patch.object(torch, "equal", noted_equal),
        ):
            yield

    def largest(self, node: str) -> float | None:
        """The largest difference of a node, all its cases together, in the widest type compared."""
        cases = [test for test in self.met if test == node or test.startswith(f"{node}[")]
        met = [one for case in cases for one in self.met[case]]
        widest = max((bits for bits, _ in met), default=0)
        return max((difference for bits, difference in met if bits == widest), default=None)


def _apart(ours: Tensor, theirs: Tensor) -> tuple[int, float]:
    """The bits of the narrower type, 0 for whole numbers, and the largest |ours − theirs|."""
    bits = [torch.finfo(one.dtype).bits if one.is_floating_point() else 0 for one in (ours, theirs)]
    apart = (ours.detach().double() - theirs.detach().double()).abs()
    return min(bits), float(apart.nan_to_num(0.0, posinf=0.0).max())  # −∞ and −∞ are the same
