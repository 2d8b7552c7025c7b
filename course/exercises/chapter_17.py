"""Chapter 17, linear attention: the exercises and what can go wrong in them."""

from course.exercises.averaging_states import AVERAGED
from course.exercises.by_hand import by_hand
from course.exercises.fitting_lines import LOCAL_LINEAR
from course.exercises.looking_up import LookUp, draw_games
from course.exercises.training_states import DELTA_LOOK_UP
from course.exercises.writing_states import DELTA_CHUNK, RETAINED

__all__ = [
    "AVERAGED",
    "DELTA_CHUNK",
    "DELTA_LOOK_UP",
    "LOCAL_LINEAR",
    "OVERTAKES",
    "RETAINED",
    "STATE",
    "LookUp",
    "draw_games",
]

STATE = by_hand(
    [3.2, 3.0, -2.4, 4.0],
    known={
        "that is the plain sum: erase what is stored under the second key before you write.": (
            [5.0, 3.0, 0.0, 4.0]
        ),
        "that is what the second token adds; the first one's row (5, 0) was there before.": (
            [-1.8, 3.0, -2.4, 4.0]
        ),
        "rows and columns are exchanged: row i is channel i of the key.": [3.2, -2.4, 3.0, 4.0],
        "the sign: what is stored is subtracted from the value.": [6.8, 3.0, 2.4, 4.0],
        "the correction was written whole, without the key in front of it.": [2.0, 5.0, -3.0, 5.0],
        "that is the state after the first token.": [5.0, 0.0, 0.0, 0.0],
        "the whole row was erased: only what the second key finds there, 3 of the 5, is.": (
            [0.0, 3.0, 0.0, 4.0]
        ),
    },
    otherwise="not this. First Sᵀk₂ = 0.6 · (5, 0), then v₂ minus that, then k₂ times the rest.",
    within=0.005,
    asked="four numbers are asked for, row by row",
    praise="Asked for the second key it answers (0, 5) exactly, and for the first (3.2, 3).",
)

OVERTAKES = by_hand(
    64,
    known={
        "a cache holds keys AND values: 2 · 128 numbers per token.": 128,
        "that is how many numbers the state holds; each token of a cache holds 256.": 16384,
        "the state is D × D, one number per pair of channels: 128² over 2 · 128.": 0.5,
        "the other way around: 128² / (2 · 128), not 2 · 128² / 128.": 256,
        "that is the ratio of the sizes of one token's key and the state's row.": 1,
    },
    otherwise="not this. Set 2 · 128 · T equal to 128 · 128.",
    also={"Set 2 · 128": 100},
    praise="After 64 tokens a cache is larger than the state, and it goes on growing.",
)
