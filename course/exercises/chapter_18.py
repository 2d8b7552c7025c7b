"""Chapter 18, across machines: the exercises and what can go wrong in them."""

from course.exercises.averaging_losses import LOCAL_LOSSES
from course.exercises.by_hand import by_hand
from course.exercises.going_round import CAUSAL_RING
from course.exercises.sharing_out import TURNS, ZIGZAG

__all__ = ["CAUSAL_RING", "HELD", "LOCAL_LOSSES", "SENT", "TURNS", "ZIGZAG"]

HELD = by_hand(
    [2, 3, 12, 13],
    known={
        "those are contiguous: in zigzag order a process has an early and a late stretch.": (
            [4, 5, 6, 7]
        ),
        "that is process 0. Processes are counted from 0.": [0, 1, 14, 15],
        "that is process 2.": [4, 5, 10, 11],
        "the late half runs backwards: process 0 has the last stretch, process 1 the last but "
        "one.": [2, 3, 10, 11],
        "that is the striped order, every fourth token.": [1, 5, 9, 13],
        "there are 8 stretches, so each has 2 tokens.": [1, 14],
    },
    otherwise="not this. Of 8 stretches of 2 tokens, process 1 holds numbers 1 and 8 − 1 − 1 = 6.",
    also={"not this": [2, 3, 4, 5]},
    asked="four places are asked for",
    praise="Together they see 3 + 4 + 13 + 14 keys, as many as the tokens of any other process.",
)

SHARE = 2 * 1024 * 4 * 64 * 2  # keys and values, tokens, key heads, size, bytes

SENT = by_hand(
    7 * SHARE,
    known={
        "that is one turn; keys and values are passed on seven times.": SHARE,
        "after the eighth turn they need not travel: seven times are enough.": 8 * SHARE,
        "half of it: are values missing (they travel with the keys), or the 2 bytes?": (
            7 * SHARE / 2
        ),
        "each process holds a share of the tokens, 8192 / 8.": 7 * 8 * SHARE,
        "only key heads travel, not query heads.": 7 * SHARE * 4,
    },
    otherwise="not this. 2 · (8192 / 8) · 4 · 64 numbers of 2 bytes, seven times.",
    also={"not this": 1.0},
    praise="7.3 MB per layer: and with 64 processes, hardly more.",
)
