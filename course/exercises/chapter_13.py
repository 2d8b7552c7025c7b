"""Chapter 13, the block of today: the exercises and what can go wrong in them."""

from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.grouping import GROUPED
from course.exercises.rms_norming import RMS_NORM

__all__ = ["CACHE_BY_HAND", "GROUPED", "HIDDEN_BY_HAND", "RMS_NORM"]

LAYERS, KEY_HEADS, HEADS, HEAD, TOKENS, BYTES = 36, 4, 16, 128, 1000, 2  # of SmolLM3
NUMBERS = LAYERS * 2 * KEY_HEADS * HEAD * TOKENS

SIZE, WIDE = 768, 3072  # of the small GPT-2
PARAMETERS = 2 * SIZE * WIDE

CACHE_BY_HAND = by_hand(
    NUMBERS * BYTES / 1e6,
    within=0.005,
    known={
        "this is half: keys and values are kept, and each number takes two bytes.": NUMBERS / 1e6,
        "that is for 16 key heads. Query heads are not kept, and 4 key heads serve all 16.": (
            NUMBERS * BYTES * HEADS / KEY_HEADS / 1e6
        ),
        "this is the cache of one layer; all 36 keep their own.": NUMBERS * BYTES / LAYERS / 1e6,
        "that is in 32 bits, four bytes per number; 16 bits are two.": NUMBERS * 4 / 1e6,
        "this is in bytes; megabytes are asked for, a million bytes each.": float(NUMBERS * BYTES),
        "this is for one token; the text has 1000.": NUMBERS * BYTES / TOKENS / 1e6,
        "this is in mebibytes, of 1,048,576 bytes; take a million.": NUMBERS * BYTES / 2**20,
    },
    otherwise="not this: layers × 2 (key and value) × key heads × D × tokens × 2 bytes.",
    also={"layers × 2": 3.5},
    praise="74 kB per token. With 16 key heads it would be four times as much.",
)


def _of_the_size(given: Tensor) -> str | None:
    if len(given) == 2 and float(given[1]) == PARAMETERS:
        return "the parameters are right. Three matrices of 768 × hidden must come to as many."
    return None


HIDDEN_BY_HAND = by_hand(
    [2048, PARAMETERS],
    known={
        "the width stays, and SwiGLU then has half as many parameters again: three matrices "
        "instead of two.": [WIDE, PARAMETERS],
        "half the width is too little: there are three matrices against two, not four.": (
            [WIDE // 2, PARAMETERS]
        ),
        "the width is right. The parameters are those of all matrices together.": [
            2048,
            SIZE * WIDE,
        ],
        "the width is right; three matrices of 768 × 2048.": [2048, 3 * SIZE * WIDE],
        "wider, it has more parameters still: the three must come to what two had.": (
            [WIDE * 3 // 2, PARAMETERS]
        ),
    },
    asked="two numbers are asked for: the hidden size, and the parameters of either network",
    remark=_of_the_size,
    otherwise="not this: 2 · 768 · 3072 = 3 · 768 · hidden.",
    also={
        "the parameters are right": [1000, PARAMETERS],
        "not this: 2": [1, 2],
        "two numbers": 2048,
    },
    praise="Two thirds of the width: Llama's rule, and SmolLM2's 1536 for 2304.",
)
