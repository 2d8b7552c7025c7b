"""Chapter 15, inference: what a cache that keeps less per token costs in quality."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from course.language.today import parameters
from course.measurements.cache_schemes import (
    RECIPE,
    SEEDS,
    WAYS,
    as_large_as_the_first,
    trained,
)
from course.measurements.parts_of_today import surprise
from course.measurements.table import Cell, Table

COMMAND = "python -m course.measurements 15"
FIRST = "MHA"
Found = Mapping[str, Sequence[float]]


def measure() -> list[Table]:
    """Train every way with every seed: 25 models, some 40 seconds each on a quiet processor."""
    return tables(
        {name: [surprise(trained(way, seed)) for seed in SEEDS] for name, way in WAYS.items()}
    )


def tables(found: Found) -> list[Table]:
    """What comes of the surprises: a summary, and each seed."""
    return [summary(found), each_seed(found)]


def summary(found: Found) -> Table:
    """The mean over the seeds, and the difference to MHA with the same seed."""
    rows: list[list[Cell]] = []
    for name, nats in found.items():
        more = [after - before for before, after in zip(found[FIRST], nats, strict=True)]
        model = as_large_as_the_first(WAYS[name])()
        differences: list[Cell] = ["", "", "", ""]
        if name != FIRST:
            worse = f"{sum(one > 0 for one in more)} of {len(more)}"
            differences = [fmean(more), min(more), max(more), worse]
        rows.append([name, WAYS[name].kept, parameters(model), fmean(nats), *differences])
    return Table(
        f"Held-out surprise after {RECIPE.steps} steps, equal parameters, {len(SEEDS)} seeds",
        ["way", "kept", "parameters", "nats", "above MHA", "least", "most", "seeds worse"],
        rows,
        COMMAND,
        digits=3,
    )


def each_seed(found: Found) -> Table:
    """The held-out surprise of every model."""
    rows: list[list[Cell]] = [[name, *nats] for name, nats in found.items()]
    columns = ["way", *(f"seed {seed}" for seed in SEEDS)]
    return Table("Held-out surprise of each seed, nats per token", columns, rows, COMMAND, digits=3)
