"""Chapter 13, the block of today: GPT-2's block with one part exchanged, or all of them."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from course.measurements.parts_of_today import EXCHANGED, RECIPE, SEEDS, model_of, surprise, trained
from course.measurements.table import Cell, Table

COMMAND = "python -m course.measurements 13"
FIRST = "GPT-2"
Found = Mapping[str, Sequence[float]]


def measure() -> list[Table]:
    """Train every block with every seed, some ten seconds each on a quiet processor."""
    return tables(
        {
            name: [surprise(trained(parts, seed)) for seed in SEEDS]
            for name, parts in EXCHANGED.items()
        }
    )


def tables(found: Found) -> list[Table]:
    """What comes of the surprises: a summary, and each seed."""
    return [summary(found), each_seed(found)]


def summary(found: Found) -> Table:
    """The mean over the seeds, and the difference to GPT-2's block with the same seed."""
    rows: list[list[Cell]] = []
    for name, nats in found.items():
        less = [before - after for before, after in zip(found[FIRST], nats, strict=True)]
        hidden = model_of(EXCHANGED[name], 0).hidden
        differences: list[Cell] = ["", "", "", ""]
        if name != FIRST:
            wins = f"{sum(one > 0 for one in less)} of {len(less)}"
            differences = [fmean(less), min(less), max(less), wins]
        rows.append([name, hidden, fmean(nats), *differences])
    return Table(
        f"Held-out surprise after {RECIPE.steps} steps, equal parameters, {len(SEEDS)} seeds",
        ["block", "hidden", "nats", "below GPT-2", "least", "most", "seeds"],
        rows,
        COMMAND,
        digits=3,
    )


def each_seed(found: Found) -> Table:
    """The held-out surprise of every model."""
    rows: list[list[Cell]] = [[name, *nats] for name, nats in found.items()]
    columns = ["block", *(f"seed {seed}" for seed in SEEDS)]
    return Table("Held-out surprise of each seed, nats per token", columns, rows, COMMAND, digits=3)
