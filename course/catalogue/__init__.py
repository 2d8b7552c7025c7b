"""Every attention type here: what it is, its paper, formula, cost, function and oracle.

    python -m course.catalogue          prints the table

A family is a file in this package that holds a list `ENTRIES`; see `Entry` for what one says.
"""

from course.catalogue import (
    approximate,
    decoding,
    delta_rules,
    exact,
    graphs_and_sets,
    head_maps,
    image_gates,
    linear,
    linear_averages,
    masks_and_biases,
    positions,
    probability_maps,
    relative_positions,
    retrieval,
    scores,
    sinks_and_gates,
    sparse,
    sparse_masks,
    structure,
    vision,
)
from course.catalogue.entry import Entry, Limit, example_inputs, output_of, run

CATALOGUE: tuple[Entry, ...] = (
    *scores.ENTRIES,
    *probability_maps.ENTRIES,
    *structure.ENTRIES,
    *sinks_and_gates.ENTRIES,
    *head_maps.ENTRIES,
    *retrieval.ENTRIES,
    *masks_and_biases.ENTRIES,
    *sparse_masks.ENTRIES,
    *positions.ENTRIES,
    *relative_positions.ENTRIES,
    *exact.ENTRIES,
    *decoding.ENTRIES,
    *linear.ENTRIES,
    *delta_rules.ENTRIES,
    *linear_averages.ENTRIES,
    *approximate.ENTRIES,
    *sparse.ENTRIES,
    *vision.ENTRIES,
    *image_gates.ENTRIES,
    *graphs_and_sets.ENTRIES,
)

__all__ = ["CATALOGUE", "Entry", "Limit", "example_inputs", "output_of", "run"]
