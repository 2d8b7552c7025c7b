"""Chapter 15, inference: what a cache that keeps less per token costs in quality."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from course.data.translation import load
from course.language.today import parameters
from course.measurements import cache_schemes, translator_caches
from course.measurements.chapter_07 import MEASURES, quality
from course.measurements.parts_of_today import surprise
from course.measurements.table import Cell, Table
from course.translation.train_positions import LONGEST, short

COMMAND = "python -m course.measurements 15"
FIRST = "MHA"
DIFFERENCES = ["above MHA", "least", "most", "seeds worse"]
Found = Mapping[str, Sequence[float]]
Translated = Mapping[str, Sequence[Sequence[float]]]  # exact %, BLEU and loss of each seed


def measure() -> list[Table]:
    """Every way with every seed: 25 GPTs and as many translators, a minute or less each.

    That is on a quiet processor.
    """
    corpus = load()
    pairs = short(corpus.test)
    gpts = {
        name: [surprise(cache_schemes.trained(way, seed)) for seed in cache_schemes.SEEDS]
        for name, way in cache_schemes.WAYS.items()
    }
    translators = {
        name: [
            quality(translator_caches.trained(way, corpus, seed=seed), pairs)
            for seed in translator_caches.SEEDS
        ]
        for name, way in translator_caches.WAYS.items()
    }
    return [*tables(gpts), *tables_of_translators(translators)]


def tables(found: Found) -> list[Table]:
    """What comes of the GPTs' surprises: a summary, and each seed."""
    return [summary(found), each_seed(found)]


def summary(found: Found) -> Table:
    """The mean over the seeds, and the difference to MHA with the same seed."""
    rows: list[list[Cell]] = []
    for name in found:
        way = cache_schemes.WAYS[name]
        size = parameters(cache_schemes.as_large_as_the_first(way)())
        rows.append([name, way.kept, size, *compared(found, name)])
    steps, seeds = cache_schemes.RECIPE.steps, len(cache_schemes.SEEDS)
    return Table(
        f"Held-out surprise after {steps} steps, equal parameters, {seeds} seeds",
        ["way", "kept", "parameters", "nats", *DIFFERENCES],
        rows,
        COMMAND,
        digits=3,
    )


def each_seed(found: Found) -> Table:
    """The held-out surprise of every model."""
    rows: list[list[Cell]] = [[name, *nats] for name, nats in found.items()]
    columns = ["way", *(f"seed {seed}" for seed in cache_schemes.SEEDS)]
    return Table("Held-out surprise of each seed, nats per token", columns, rows, COMMAND, digits=3)


def tables_of_translators(found: Translated) -> list[Table]:
    """A summary of their surprises, one of their translations, and each seed."""
    exact, scores, losses = (
        {name: [seed[which] for seed in seeds] for name, seeds in found.items()}
        for which in range(len(MEASURES))
    )
    surprises: list[list[Cell]] = []
    translations: list[list[Cell]] = []
    for name in found:
        way = translator_caches.WAYS[name]
        size = parameters(translator_caches.as_large_as_the_first(way)())
        surprises.append([name, way.kept, size, *compared(losses, name)])
        right = compared(exact, name, more_is_worse=False)
        translations.append([name, *right, fmean(scores[name])])
    each: list[list[Cell]] = [
        [name, seed, *measured]
        for name, seeds in found.items()
        for seed, measured in zip(translator_caches.SEEDS, seeds, strict=True)
    ]
    trained = f"Translators, {translator_caches.STEPS} steps"
    alike = f"equal parameters, {len(translator_caches.SEEDS)} seeds"
    return [
        Table(
            f"{trained}, {alike}: nats per held-out word",
            ["way", "kept", "parameters", "nats", *DIFFERENCES],
            surprises,
            COMMAND,
            digits=3,
        ),
        Table(
            f"Held-out sentences of up to {LONGEST} words translated exactly (%), and BLEU",
            ["way", "exact %", *DIFFERENCES, "BLEU"],
            translations,
            COMMAND,
            digits=1,
        ),
        Table(f"{trained}; each seed", ["way", "seed", *MEASURES], each, COMMAND, digits=3),
    ]


def compared(found: Found, name: str, *, more_is_worse: bool = True) -> list[Cell]:
    """A way's mean over the seeds, then its differences to MHA with the same seed."""
    more = [after - before for before, after in zip(found[FIRST], found[name], strict=True)]
    if name == FIRST:
        return [fmean(found[name]), "", "", "", ""]
    worse = sum(one > 0 if more_is_worse else one < 0 for one in more)
    return [fmean(found[name]), fmean(more), min(more), max(more), f"{worse} of {len(more)}"]
