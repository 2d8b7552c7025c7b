"""Chapter 15, inference: the exercises and what can go wrong in them."""

from course.exercises.by_hand import by_hand
from course.exercises.caching import QUANTIZED, SEEN
from course.exercises.speculating import KEPT, OUTCOME

__all__ = ["CEILING", "KEPT", "OUTCOME", "PAGES", "QUANTIZED", "SEEN"]

CEILING = by_hand(
    500,
    within=0.5,
    known={
        "that is one text alone. The weights are read once for all eight: eight tokens per step.": (
            2000 / 18
        ),
        "the caches are read too, all eight: 16 GB and 8 · 2 GB per step.": 1000,
        "that is the time of a step: 32 GB at 2000 GB/s is 0.016 s. Eight tokens in that time.": (
            0.016
        ),
        "that is how many steps there are per second; each of them writes eight tokens.": 62.5,
        "only one text's cache was counted: there are eight.": 8 * 2000 / 18,
    },
    otherwise="not this. Per step 16 GB of weights and 8 · 2 GB of caches are read, at 2000 GB/s.",
    also={"Per step 16 GB": 250},
    praise="One text alone would write 111 tokens per second: together they share the weights.",
)

PAGES = by_hand(
    23,
    known={
        "without sharing: ten tables of 5 pages. The full pages of the prompt are shared.": (50),
        "the partly filled page is shared only until it is written to: then each has its own.": 14,
        "one too many: who writes to the fourth page last holds it alone, and copies nothing.": 24,
        "70 tokens need 5 pages each, since the last is not full: 3 shared, 2 of their own.": 13,
        "that is how many pages the sequences have of their own; the prompt's three come on top.": (
            20
        ),
        "that is the prompt alone.": 4,
    },
    otherwise="not this. 70 tokens take 5 pages; of these, which are the same for all ten?",
    also={"which are the same": 35},
    praise="50 without sharing. The longer the common prompt, the more is saved.",
)
