"""Chapter 16, long texts and sparse attention: the exercises and what can go wrong in them."""

from course.exercises.by_hand import by_hand
from course.exercises.ramping import YARN_TURNS
from course.exercises.routing import ROUTED
from course.exercises.selecting import CAUSAL_TOP_K

__all__ = ["CAUSAL_TOP_K", "NEEDLE", "REACH", "ROUTED", "YARN_TURNS"]

REACH = by_hand(
    381,
    known={
        "that is one layer: each further layer looks on from where the last one ended.": 127,
        "a window of 128 counts the token itself: it reaches 127 back.": 384,
        "that is how many tokens are seen, itself included; asked is how far back.": 382,
        "windows do not multiply: each layer adds its 127.": 128**3,
        "that is with two layers.": 254,
    },
    otherwise="not this. A layer reaches 127 tokens back, and the next one as far again.",
    also={"reaches 127 tokens back, and the next": 100},
    praise="W − 1 tokens per layer, however long the text is.",
)

NEEDLE = by_hand(
    [0.60, 0.09, 0.65],
    known={
        "the third is not scaled: its gap is 5 · ln 1500 / ln 100.": [0.60, 0.09, 0.09],
        "the gap grows with the logarithm of the number of keys, not with the number itself.": (
            [0.60, 0.09, 1.0]
        ),
        "the needle counts against ALL others, 99 and 1499 of them, not against one.": (
            [0.9933, 0.9933, 0.9996]
        ),
        "these are the weights of all the others together.": [0.40, 0.91, 0.35],
        "these are percent: give shares of 1.": [60.0, 9.0, 65.2],
    },
    otherwise="not this. A weight is e^gap / (e^gap + n − 1), with e^5 = 148.4.",
    within=0.006,
    also={"A weight is": [0.5, 0.2, 0.3]},
    asked="three numbers are asked for",
    praise="One gap for all lengths drowns; a gap that grows with ln n does not.",
)
