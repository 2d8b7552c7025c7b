"""Chapter 13, the block of today: the exercises and what can go wrong in them."""

from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.grouping import GROUPED
from course.exercises.rms_norming import RMS_NORM

__all__ = ["CACHE_BY_HAND", "GROUPED", "HIDDEN_BY_HAND", "RMS_NORM"]

LAYERS, KEY_HEADS, HEADS, HEAD, TOKENS, BYTES = 30, 3, 9, 64, 1000, 2
NUMBERS = LAYERS * 2 * KEY_HEADS * HEAD * TOKENS

CACHE_BY_HAND = by_hand(
    NUMBERS * BYTES / 1e6,
    within=0.005,
    known={
        "this is half: keys and values are kept, and each number takes two bytes.": NUMBERS / 1e6,
        "that is for 9 key heads. Query heads are not kept, and 3 key heads serve all 9.": (
            NUMBERS * BYTES * HEADS / KEY_HEADS / 1e6
        ),
        "this is the cache of one layer; all 30 keep their own.": NUMBERS * BYTES / LAYERS / 1e6,
        "that is in 32 bits, four bytes a number; 16 bits are two.": NUMBERS * 4 / 1e6,
        "this is in bytes; megabytes are asked for, a million bytes each.": float(NUMBERS * BYTES),
        "this is for one token; the text has 1000.": NUMBERS * BYTES / TOKENS / 1e6,
        "this is in mebibytes, of 1,048,576 bytes; take a million.": NUMBERS * BYTES / 2**20,
    },
    otherwise="not this: layers × 2 (key and value) × key heads × D × tokens × 2 bytes.",
    also={"layers × 2": 3.5},
    praise="23 kB per token. With 9 key heads it would be three times as much.",
)


def _of_the_size(given: Tensor) -> str | None:
    if len(given) == 2 and float(given[1]) == 2 * 576 * 2304:
        return "the parameters are right. Three matrices of 576 × hidden must come to as many."
    return None


HIDDEN_BY_HAND = by_hand(
    [1536, 2 * 576 * 2304],
    known={
        "the width stays, and SwiGLU then has half as many parameters again: three matrices "
        "instead of two.": [2304, 2 * 576 * 2304],
        "half the width is too little: there are three matrices against two, not four.": (
            [1152, 2 * 576 * 2304]
        ),
        "the width is right. The parameters are those of all matrices together.": [
            1536,
            576 * 2304,
        ],
        "the width is right; three matrices of 576 × 1536.": [1536, 3 * 576 * 2304],
        "wider, it has more parameters still: the three must come to what two had.": (
            [3456, 2 * 576 * 2304]
        ),
    },
    asked="two numbers are asked for: the hidden size, and the parameters of either network",
    remark=_of_the_size,
    otherwise="not this: 2 · 576 · 2304 = 3 · 576 · hidden.",
    also={
        "the parameters are right": [1000, 2 * 576 * 2304],
        "not this: 2": [1, 2],
        "two numbers": 1536,
    },
    praise="Two thirds of the width: SmolLM2's own 1536, and Llama's rule.",
)
