"""What `make bench` found: by how much a peer takes longer than attnlib, or less long."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from course.plots.style import LINE, MUTED

SHAPES = "osD^v"
ROW, AROUND = 0.24, 1.1  # inches: of a question, and of what stands above and below all


def ratios(lines: Sequence[Mapping[str, Any]], *, title: str = "") -> Figure:
    """A row per question, a dot per peer: its time over attnlib's, on a logarithmic axis.

    `lines` are those of benchmarks/results.json: each a case, a contender and its ratio. Right of
    the line at 1, attnlib is faster. Raises ValueError when no peer is among them.
    """
    peers = [line for line in lines if line["contender"] != "attnlib"]
    if not peers:
        raise ValueError("lines must hold a contender besides attnlib, got none")
    cases = list(dict.fromkeys(line["case"] for line in peers))
    names = list(dict.fromkeys(line["contender"] for line in peers))
    figure, axes = plt.subplots(figsize=(6.0, AROUND + ROW * (len(cases) + len(names))))
    axes.axvline(1, color=MUTED, linewidth=1)
    for number, name in enumerate(names):
        mine = [line for line in peers if line["contender"] == name]
        places = [cases.index(line["case"]) for line in mine]
        shape = SHAPES[number % len(SHAPES)]
        axes.plot([line["ratio"] for line in mine], places, shape, label=name, markersize=5)
    axes.set_yticks(range(len(cases)), cases)
    axes.set_ylim(len(cases) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.set_xticks(*_ticks([line["ratio"] for line in peers]))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", color=LINE)
    axes.set_xlabel("times as long as attnlib")
    figure.suptitle(title, x=0.02, ha="left", weight="bold")
    figure.legend(loc="outside lower center", ncols=1, frameon=False)
    return figure


def _ticks(values: Sequence[float]) -> tuple[list[float], list[str]]:
    """1, 2 and 5 times powers of ten, as far as they embrace the values and 1."""
    steps = [float(f"{digit}e{power}") for power in range(-3, 5) for digit in (1, 2, 5)]
    lowest, highest = min(*values, 1), max(*values, 1)
    first = max(step for step in steps if step <= lowest)
    last = min(step for step in steps if step >= highest)
    shown = [step for step in steps if first <= step <= last]
    return shown, [f"{step:g}×" for step in shown]
