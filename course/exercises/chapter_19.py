"""Chapter 19, reading maps: the exercises and what can go wrong in them."""

from course.exercises.by_hand import by_hand
from course.exercises.carrying import ROLLED_OUT, SIZES
from course.exercises.matching_prefixes import PREFIX_MATCHING

__all__ = ["BACK", "PREFIX_MATCHING", "ROLLED_OUT", "SIZES", "TWO_LAYERS"]

TWO_LAYERS = by_hand(
    [0.75, 0.25],
    known={
        "the residual is missing: half of each map is the identity.": [1.0, 0.0],
        "the order: the last layer looks at what the first one made, so it stands on the left. "
        "(Or you left the first layer out.)": [0.5, 0.5],
        "that is the last map alone.": [0.0, 1.0],
        "that is the second token's row.": [0.6, 0.4],
        "the two are exchanged: how much of token 0 comes first.": [0.25, 0.75],
    },
    otherwise="not this. ½A + ½I of both layers, then the product, the last layer on the left.",
    within=0.005,
    asked="two numbers are asked for, the first row",
    praise="A row of a rollout sums to 1, as every map's does.",
)

BACK = by_hand(
    0.75,
    known={
        "that is how far the answer has moved; divide by how far it could move, 8 − (−4).": 9.0,
        "measure from the other prompt's gap, −4, not from 0.": 0.625,
        "that is what is still missing.": 0.25,
        "divide by the whole way from −4 to 8, not by 8 alone.": 1.125,
        "that is the inverse: what came back over the whole way.": 12 / 9,
    },
    otherwise="not this. (patched − other) / (clean − other).",
    within=0.005,
    also={"(patched − other)": 100},
    praise="One head that brings back three quarters by itself carries the word.",
)
