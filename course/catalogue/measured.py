"""What a type's time was in the stored `make bench`, where several lengths were measured.

One sequence, 8 heads of 64, float32, one thread, forward: CPU time in milliseconds, medians.
"""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results.json"
CASES = {  # the benchmark's case, without its length, by the type that its library run is
    "Scaled dot product": "dense",
    "Causal mask": "causal",
    "Multi-head self-attention": "layer",
    "Causal self-attention": "causal layer",
    "Sliding window": "window 256",
    "Causal linear attention": "linear attention or causal softmax",
}


@cache
def _times() -> dict[str, dict[int, float]]:
    """By case and length."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for line in json.loads(RESULTS.read_text(encoding="utf-8"))["lines"]:
        case, _, length = line["case"].rpartition(", T = ")
        if case and line["contender"] == "attnlib":
            found[case][int(length)] = line["cpu_ms"]
    return found


def times(name: str) -> list[tuple[int, float]]:
    """(T, milliseconds) of the type, the shortest text first; nothing where none was measured.

    With two digits: what is smaller differs from run to run.
    """
    found = _times()[CASES[name]] if name in CASES else {}
    return [(length, float(f"{spent:.2g}")) for length, spent in sorted(found.items())]
