"""Chapter 02, before attention: the translators on held-out sentences."""

from course.data.translation import load
from course.measurements.table import Table
from course.translation import pretrained
from course.translation.evaluation import measure as measure_translator

COMMAND = "python -m course.measurements 2"


def measure() -> list[Table]:
    """Exact translations by length, and alignment, of every stored translator."""
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
