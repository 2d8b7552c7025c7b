"""Every attention type here: what it is, its paper, formula, cost, function and oracle.

    python -m course.catalogue          prints the table

A file in this package holds a list `ENTRIES`, see `Entry` for what one says; `FILES` gives it its
family, `words` what its card says: the idea, when to use it, its users, its other names.
"""

from dataclasses import replace
from types import ModuleType

from course.catalogue import (
    approximate,
    chosen_keys,
    compressed,
    decoding,
    delta_rules,
    exact,
    global_tokens,
    graphs_and_sets,
    head_maps,
    image_gates,
    image_stages,
    learned_biases,
    linear,
    linear_averages,
    masks_and_biases,
    memories,
    newer_maps,
    positions,
    probability_maps,
    relative_positions,
    retrieval,
    scores,
    sinks_and_gates,
    smaller_caches,
    sparse,
    sparse_masks,
    special_masks,
    structure,
    turned_positions,
    values,
    vision,
)
from course.catalogue.entry import Entry, Family, Limit, example_inputs, output_of, run
from course.catalogue.words import all_words

FILES: tuple[tuple[Family, ModuleType], ...] = (
    ("scores", scores),
    ("probability maps", probability_maps),
    ("probability maps", newer_maps),
    ("structure", structure),
    ("structure", sinks_and_gates),
    ("structure", smaller_caches),
    ("structure", head_maps),
    ("structure", values),
    ("structure", retrieval),
    ("masks and biases", masks_and_biases),
    ("masks and biases", sparse_masks),
    ("masks and biases", special_masks),
    ("masks and biases", global_tokens),
    ("positions", positions),
    ("positions", turned_positions),
    ("positions", relative_positions),
    ("positions", learned_biases),
    ("exact and faster", exact),
    ("exact and faster", decoding),
    ("linear and approximate", linear),
    ("linear and approximate", delta_rules),
    ("linear and approximate", memories),
    ("linear and approximate", linear_averages),
    ("linear and approximate", approximate),
    ("sparse", sparse),
    ("sparse", compressed),
    ("sparse", chosen_keys),
    ("vision, graphs and sets", vision),
    ("vision, graphs and sets", image_stages),
    ("vision, graphs and sets", image_gates),
    ("vision, graphs and sets", graphs_and_sets),
)
CATALOGUE: tuple[Entry, ...] = tuple(
    replace(entry, family=family, words=all_words()[entry.name])
    for family, file in FILES
    for entry in file.ENTRIES
)

__all__ = ["CATALOGUE", "Entry", "Limit", "example_inputs", "output_of", "run"]
