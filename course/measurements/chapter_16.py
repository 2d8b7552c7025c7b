"""Chapter 16, long texts: needles at eight times the trained length, thinned weights, sinks."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from attnlib.positions import interpolated, ntk_aware, yarn, yarn_scale
from course.measurements.dilution import dilution
from course.measurements.needle_layers import BLOCK
from course.measurements.needles import (
    HEAD_SIZE,
    TRAINED,
    Finder,
    by_company,
    by_place,
    found,
    rescale,
    trained,
)
from course.measurements.sinks import sinks
from course.measurements.table import Cell, Table

COMMAND = "python -m course.measurements 16"
SEEDS = range(5)
LENGTHS = (64, 128, 256, 512)
PARTS = 16  # of a text, by which its needles are counted
LONGER = {"steps": 400, "batch": 32}  # four times the lessons of the others
FACTOR = LENGTHS[-1] / TRAINED
FAST = 4.0  # turns over 64 tokens from which YaRN lets a pair be; 32 are meant for thousands
POSITIONS = {
    "RoPE": ("RoPE", "RoPE"),
    "near, then RoPE": ("near", "RoPE"),
    "near, then NoPE": ("near", "NoPE"),
}
SCALINGS: dict[str, tuple[Tensor, float | None]] = {
    "RoPE, interpolated": (interpolated(HEAD_SIZE, factor=FACTOR), None),
    "RoPE, NTK-aware": (ntk_aware(HEAD_SIZE, factor=FACTOR), None),
    "RoPE, YaRN's turns": (
        yarn(HEAD_SIZE, factor=FACTOR, trained_length=TRAINED, fast=FAST),
        None,
    ),
    "RoPE, YaRN": (
        yarn(HEAD_SIZE, factor=FACTOR, trained_length=TRAINED, fast=FAST),
        yarn_scale(HEAD_SIZE, factor=FACTOR),
    ),
}
SPARSE = ("indexer", "MoBA", "BigBird", "NSA", "CSA", "HCA")
IN_BLOCKS = ("MoBA", "NSA", "CSA", "HCA")  # what these choose or keep stands for eight tokens


def networks() -> Iterator[tuple[str, Sequence[Finder]]]:
    """A name, and five networks; a scaling changes those of RoPE after they were trained."""
    for name, kinds in POSITIONS.items():
        more = {} if "near" in kinds else LONGER  # what binds no layer to look near learns it late
        models = [trained(kinds, seed=seed, **more) for seed in SEEDS]
        yield name, models
        for scaled, (turns, scale) in SCALINGS.items() if name == "RoPE" else ():
            for model in models:
                rescale(model, turns, scale)
            yield scaled, models
    for kind in SPARSE:
        yield f"near, then {kind}", [trained(("near", kind), seed=seed) for seed in SEEDS]


def measure() -> list[Table]:
    """Every table, of a hundred small networks; each part can be measured alone."""
    return [*needles(), dilution(COMMAND), sinks(COMMAND), longer()]


def needles() -> list[Table]:
    """The share of needles found, by seed and length; and by place, the mean of the seeds.

    45 small networks, about seven minutes of one quiet core.
    """
    rows: list[list[Cell]] = []
    places: list[list[Cell]] = []
    for name, models in networks():
        told = {length: [found(model, length) for model in models] for length in LENGTHS}
        for seed in SEEDS:
            shares = [told[length][seed][0].double().mean().item() for length in LENGTHS]
            rows.append([name, seed, *shares])
        for length, answers in told.items():
            hits, where = (torch.cat(part) for part in zip(*answers, strict=True))
            shares = by_place(hits, where, length, PARTS).tolist()
            places.append([name, length, *(round(share, 3) for share in shares)])
    title = f"Needles found in held-out texts, trained on {TRAINED} tokens"
    columns = ["layers", "seed", *(f"{length} tokens" for length in LENGTHS)]
    parts = ["layers", "tokens", *map(str, range(PARTS))]
    by_part = f"Needles found, by {PARTS} parts of the text, five seeds"
    return [
        Table(title, columns, rows, COMMAND, percent=True),
        Table(by_part, parts, places, COMMAND, percent=True),
    ]


def longer() -> Table:
    """Those that go by blocks after four times the lessons; a needle alone, and one in company.

    20 small networks, about eight minutes of one quiet core.
    """
    tested = (TRAINED, LENGTHS[-1])
    rows: list[list[Cell]] = []
    for kind in IN_BLOCKS:
        for seed in SEEDS:
            model = trained(("near", kind), seed=seed, **LONGER)
            short, long = (found(model, length) for length in tested)
            shares = [hits.double().mean().item() for hits, _ in (short, long)]
            rows.append([f"near, then {kind}", seed, *shares, *by_company(*short, BLOCK)])
    company = f"of {TRAINED}, alone in their {BLOCK} tokens or in company"
    title = f"Needles found after four times the lessons; {company}"
    columns = ["layers", "seed", *(f"{length} tokens" for length in tested), "alone", "in company"]
    return Table(title, columns, rows, COMMAND, percent=True)
