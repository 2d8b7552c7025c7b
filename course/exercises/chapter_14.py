"""Chapter 14, FlashAttention: the exercises and what can go wrong in them."""

import math

from course.exercises.by_hand import by_hand
from course.exercises.merging import MERGED
from course.exercises.skipping import CAUSAL_IN_TILES
from course.exercises.tiling import IN_TILES

__all__ = ["CAUSAL_IN_TILES", "IN_TILES", "MERGED", "SUM_SO_FAR"]

BEFORE = 1 + math.exp(-2)  # of scores 1 and 3, by the largest, 3

SUM_SO_FAR = by_hand(
    BEFORE * math.exp(-2) + 1,
    within=0.001,
    known={
        "the two weights met before were by the largest score 3; now it is 5: they must fade.": (
            BEFORE + 1
        ),
        "what was there must fade by e to the −2. Yours grew by e to the 2.": (
            BEFORE * math.exp(2) + 1
        ),
        "that is what is left of the first two; the third key has weight 1 itself.": (
            BEFORE * math.exp(-2)
        ),
        "that is the sum of e to the scores. Take the largest, 5, away from each first.": (
            math.exp(1) + math.exp(3) + math.exp(5)
        ),
        "that is the sum before the third key.": BEFORE,
        "the third key's weight is e to the 5 − 5 = 0, which is 1.": BEFORE + math.exp(2),
    },
    otherwise="not this. The sum was 1.1353 by the largest score 3; the largest is now 5.",
    also={"the largest is now 5": 9.0},
    praise="One product and one addition, and no score of the past was needed.",
)
