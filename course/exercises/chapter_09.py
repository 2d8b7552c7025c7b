"""Chapter 09, the Transformer: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.building_mistakes import DECODER_LAYER, ENCODER_LAYER
from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.norming import PRE_NORM_LAYER
from course.exercises.searching import SEARCH_BY_HAND
from course.exercises.shifting import READ_AND_PREDICT
from course.exercises.stacking import train_stack
from course.exercises.trying import Draw

__all__ = [
    "DECODER_LAYER",
    "ENCODER_LAYER",
    "LAYER_NORM",
    "PRE_NORM_LAYER",
    "READ_AND_PREDICT",
    "SEARCH_BY_HAND",
    "SMOOTHED_TARGET",
    "train_stack",
]


def layer_norm(
    x: Float[Tensor, "T E"], gain: Float[Tensor, " E"], shift: Float[Tensor, " E"]
) -> Float[Tensor, "T E"]:
    mean = x.mean(dim=-1, keepdim=True)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)
    return gain * (x - mean) / (variance + 1e-5).sqrt() + shift


def _over_words(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    mean = x.mean(dim=0, keepdim=True)
    variance = (x - mean).square().mean(dim=0, keepdim=True)
    return gain * (x - mean) / (variance + 1e-5).sqrt() + shift


def _over_all(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return gain * (x - x.mean()) / ((x - x.mean()).square().mean() + 1e-5).sqrt() + shift


def _variance(x: Tensor) -> Tensor:
    return x.var(dim=-1, unbiased=False, keepdim=True)


def _divided_by(x: Tensor, gain: Tensor, shift: Tensor, root: Tensor) -> Tensor:
    return gain * (x - x.mean(dim=-1, keepdim=True)) / root + shift


def _one_less(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return _divided_by(x, gain, shift, (x.var(dim=-1, keepdim=True) + 1e-5).sqrt())


def _no_mean(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return gain * x / (x.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt() + shift


def _words(draw: Draw) -> Sequence[Inputs]:
    """In each text one word is nearly constant, so that ε counts; in the last one quite."""
    cases = []
    for words, size in ((4, 6), (3, 5), (6, 4), (2, 8)):
        x = 2 * draw.normal(words, size) + 1
        x[1] = 1 + x[1] / 512
        cases.append((x, draw.normal(size), draw.normal(size)))
    cases[-1][0][1] = 2
    return cases


LAYER_NORM = in_code(
    layer_norm,
    _words,
    tolerance=1e-4,  # float32: of a nearly constant word the mean takes away most digits
    known={
        "each *column* has mean 0. The mean is over the numbers of one word (dim=-1).": _over_words,
        "one mean for all words. Each word has its own: dim=-1, keepdim=True.": _over_all,
        "you divided by the variance; it is its root.": (
            lambda x, gain, shift: _divided_by(x, gain, shift, _variance(x) + 1e-5)
        ),
        "std divides by E − 1. Here the squares are divided by E: unbiased=False.": _one_less,
        "the mean is not subtracted. (That is another norm, RMSNorm.)": _no_mean,
        "gain and shift are missing.": (
            lambda x, gain, shift: layer_norm(x, torch.ones_like(gain), torch.zeros_like(shift))
        ),
        "the gain is missing: multiply by it.": (
            lambda x, gain, shift: layer_norm(x, torch.ones_like(gain), shift)
        ),
        "the shift is missing: add it at the end.": (
            lambda x, gain, shift: layer_norm(x, gain, torch.zeros_like(shift))
        ),
        "gain and shift are exchanged: multiply by the gain, add the shift.": (
            lambda x, gain, shift: layer_norm(x, shift, gain)
        ),
        "there is no ε: a word whose numbers are all alike is divided by nearly 0.": (
            lambda x, gain, shift: _divided_by(x, gain, shift, _variance(x).sqrt())
        ),
        "ε stands outside the root. Add it to the variance, then take the root.": (
            lambda x, gain, shift: _divided_by(x, gain, shift, _variance(x).sqrt() + 1e-5)
        ),
        "ε is 0.00001 here, 1e-5; yours is 1e-6.": (
            lambda x, gain, shift: _divided_by(x, gain, shift, (_variance(x) + 1e-6).sqrt())
        ),
    },
    shape="(T, E), as before",
    axes=("word", "number"),
    advice="these are not the numbers. Mean, variance, then gain · (x − mean) / root + shift.",
    also={"then gain ·": lambda x, gain, shift: layer_norm(x, 2 * gain, shift)},
    praise="No word's norm depends on another word: only attention moves anything between words.",
)


def _sum_is_off(given: Tensor) -> str | None:
    total = float(given.sum())
    if len(given) == 5 and abs(total - 1) > 0.001:
        return f"they sum to {total:.2f}; probabilities sum to 1."
    return None


SMOOTHED_TARGET = by_hand(
    [0.02, 0.02, 0.92, 0.02, 0.02],
    within=0.001,
    known={
        "that is the target without smoothing.": [0, 0, 1, 0, 0],
        "the 0.1 is spread over all five words, the right one too: it gets 0.9 and its share.": (
            [0.02, 0.02, 0.9, 0.02, 0.02]
        ),
        "you spread the 0.1 over the four wrong words. Here it goes to all five (Szegedy et al., "
        "2016): the right word keeps 0.9 and gets its share besides.": (
            [0.025, 0.025, 0.9, 0.025, 0.025]
        ),
    },
    asked="five words, so five probabilities",
    remark=_sum_is_off,
    otherwise="not these: 0.9 for the right word, then 0.1 / 5 for every word.",
    also={
        "probabilities sum to 1": [0.1, 0.1, 0.9, 0.1, 0.1],
        "five probabilities": [0.92, 0.08],
        "0.1 / 5 for every word": [0.92, 0.02, 0.02, 0.02, 0.02],
    },
    praise="Nothing is asked for with certainty, so no logit has to run away.",
)
