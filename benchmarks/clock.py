"""Time by turns: one call of each contender after the other, again and again."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.case import Run

SHORTEST = 2e-3  # seconds: a shorter call is repeated until one reading takes as long
FEWEST, MOST = 7, 200  # turns


@dataclass(frozen=True)
class Reading:
    """Medians over all turns, in seconds per call, and what attnlib's turn beside it took."""

    cpu: float
    wall: float
    ratio: float  # CPU seconds of this one by attnlib's: above 1 attnlib is faster
    turns: int


def measure(contenders: Mapping[str, Run], *, seconds: float) -> dict[str, Reading]:
    """Let them take turns for so many seconds, at least FEWEST times each."""
    repeats = {}
    for name, run in contenders.items():
        run()
        repeats[name] = max(1, math.ceil(SHORTEST / max(_timed(run, 1)[1], 1e-7)))
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    start = time.perf_counter()
    for turn in range(MOST):
        if turn >= FEWEST and time.perf_counter() - start > seconds:
            break
        for name in names:
            used, took = _timed(contenders[name], repeats[name])
            cpu[name].append(used)
            wall[name].append(took)
        names.append(names.pop(0))  # nobody always comes first
    ours = cpu["attnlib"]
    return {
        name: Reading(
            median(cpu[name]),
            median(wall[name]),
            median(theirs / own for theirs, own in zip(cpu[name], ours, strict=True)),
            len(ours),
        )
        for name in contenders
    }


def seconds_of(run: Run) -> float:
    """The least of FEWEST readings on the wall: what it takes when nothing else runs."""
    run()
    return min(_timed(run, 1)[1] for _ in range(FEWEST))


def _timed(run: Run, repeats: int) -> tuple[float, float]:
    """CPU seconds of all threads, and seconds on the wall, per call."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.process_time() - cpu) / repeats, (time.perf_counter() - wall) / repeats
