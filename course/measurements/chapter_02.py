"""Chapter 02, before attention: translators on held-out sentences, and how far a context goes."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from course import checkpoints
from course.data.translation import load
from course.measurements.table import Cell, Table
from course.training import Recipe, fit
from course.translation import pretrained
from course.translation.evaluation import measure as measure_translator
from course.translation.train_contexts import (
    CONTEXTS,
    LONGER,
    LONGEST,
    SEEDS,
    STEPS,
    name_of,
    prepare,
    recipe,
)

COMMAND = "python -m course.measurements 2"
SCRATCH = checkpoints.CHECKPOINTS / "unfinished"  # of the models that the course does not keep
HALF = "English words at which half are exact"
MIDDLES = (4, 7, 10, 13)  # of the groups 3-5, 6-8, 9-11 and 12-14


def measure() -> list[Table]:
    """All five tables. For the last three, translators are trained, in a minute or two each."""
    return [*_of_stored_translators(), *_of_contexts()]


def _of_stored_translators() -> list[Table]:
    """Exact translations by length, and alignment."""
    corpus = load()
    found = {name: measure_translator(pretrained.load(name), corpus) for name in pretrained.names()}
    buckets = list(next(iter(found.values()))["exact_by_length"])
    exact = [
        [name, *(metrics["exact_by_length"][bucket] for bucket in buckets)]
        for name, metrics in found.items()
    ]
    alignment = [
        [name, metrics["alignment"]["hit_rate"], metrics["alignment"]["error_rate"]]
        for name, metrics in found.items()
        if "alignment" in metrics
    ]
    return [
        Table("Exact translations by source words", ["checkpoint", *buckets], exact, COMMAND, True),
        Table("Alignment", ["checkpoint", "hit rate", "error rate"], alignment, COMMAND, True),
    ]


def _of_contexts() -> list[Table]:
    """Exact translations by the size of the context vector, and where half of them are exact."""
    found = {
        (context, seed): list(exact_of(context, recipe(seed)).values())
        for context in CONTEXTS
        for seed in SEEDS
    }
    rows: list[list[Cell]] = [[context, seed, *shares] for (context, seed), shares in found.items()]
    twice: list[list[Cell]] = [
        [
            context,
            *(
                half_exact(list(exact_of(context, recipe(0, steps=steps)).values()))
                for steps in (STEPS, LONGER)
            ),
        ]
        for context in (min(CONTEXTS), max(CONTEXTS))
    ]
    groups = list(exact_of(CONTEXTS[0], recipe(SEEDS[0])))
    exact = f"Exact translations by numbers in the context vector, trained to {LONGEST} words"
    steps = [f"{STEPS:,} steps", f"{LONGER:,} steps"]
    return [
        Table(exact, ["numbers", "seed", *groups], rows, COMMAND, percent=True),
        halves(found),
        Table(f"{HALF}, seed 0 alone", ["numbers", *steps], twice, COMMAND),
    ]


def halves(found: Mapping[tuple[int, int], Sequence[float]]) -> Table:
    """Where half are exact, from the shares by context and seed: every seed, mean and spread."""
    rows: list[list[Cell]] = []
    for context in CONTEXTS:
        lengths = [half_exact(found[context, seed]) for seed in SEEDS]
        rows.append([context, *lengths, fmean(lengths), min(lengths), max(lengths)])
    columns = ["numbers", *(f"seed {seed}" for seed in SEEDS), "mean", "least", "most"]
    return Table(f"{HALF}, {STEPS:,} steps", columns, rows, COMMAND)


def exact_of(context: int, recipe: Recipe) -> dict[str, float]:
    """Exact translations by length of one translator; one that is not there is trained now."""
    name = name_of(context, recipe)
    if name not in checkpoints.names(folder=SCRATCH):
        fit(prepare(context, recipe), folder=SCRATCH)
    found: dict[str, float] = checkpoints.details(name, SCRATCH)["metrics"]
    return found


def half_exact(shares: Sequence[float]) -> float:
    """The number of words at which straight lines between the groups' middles fall to one half.

    Raises ValueError when they never do, or begin below it.
    """
    if not shares[0] >= 0.5 > shares[-1]:
        raise ValueError(f"shares must fall from above one half to below it, got {list(shares)}")
    for (left, above), (right, below) in pairwise(zip(MIDDLES, shares, strict=True)):
        if below < 0.5:
            return left + (right - left) * (above - 0.5) / (above - below)
    raise AssertionError("the last share is below one half")
