"""Chapter 11, BERT: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.hiding import READ_AND_LABELS
from course.exercises.in_code import Inputs, in_code
from course.exercises.pooling import POOL
from course.exercises.trying import Draw

__all__ = ["COUNTS_BY_HAND", "LABELS", "POOL", "READ_AND_LABELS", "TWO_BEFORE"]


def _sum_is_off(given: Tensor) -> str | None:
    if len(given) == 3 and float(given.sum()) != 1200:
        return f"they sum to {float(given.sum()):g}; 15 % of 8000 words are chosen, that is 1200."
    return None


COUNTS_BY_HAND = by_hand(
    [960, 120, 120],
    known={
        "the third are chosen and left; the others are not asked about at all.": [960, 120, 6920],
        "the 80/10/10 is shared out among the chosen words, not among all.": [6400, 800, 800],
        "all 1200 chosen words became [MASK]. Only 80 % of them do.": [1200, 0, 0],
        "the right numbers in the wrong order: masked, random, unchanged.": [120, 120, 960],
        "the right numbers in the wrong order: the masked come first.": [120, 960, 120],
    },
    asked="three numbers are asked for: masked, random, unchanged",
    remark=_sum_is_off,
    otherwise="1200 words are chosen. Share them out: 80 %, 10 %, 10 %.",
    also={
        "15 % of 8000 words are chosen": [80, 10, 10],
        "Share them out": [1000, 100, 100],
        "three numbers": [960, 240],
    },
    praise="In 240 places of 8000 the model is asked about a word that is not hidden at all.",
)


def labels(tokens: Int[Tensor, "B T"], asked: Bool[Tensor, "B T"]) -> Int[Tensor, "B T"]:
    return tokens.masked_fill(~asked, -100)


def _written_in_place(tokens: Tensor, asked: Tensor) -> Tensor:
    tokens[~asked] = -100
    return tokens


def _chosen_words(draw: Draw) -> Sequence[Inputs]:
    tokens = torch.tensor([[1, 7, 9, 12, 2], [1, 8, 5, 6, 2]])
    asked = torch.tensor([[False, True, False, True, False], [False, False, True, False, False]])
    nothing_in_one = torch.tensor([[True, False, True], [False, False, False]])
    return [
        (tokens, asked),
        (draw.below(50, 2, 3) + 1, nothing_in_one),
        (draw.below(50, 3, 7), draw.either(3, 7)),
        (draw.below(50, 1, 4), torch.ones(1, 4, dtype=torch.bool)),
    ]


LABELS = in_code(
    labels,
    _chosen_words,
    known={
        "every word is asked about: copying a word that stands there teaches nothing.": (
            lambda tokens, asked: tokens
        ),
        "you ask about the words that were not chosen: the mask is inverted.": (
            lambda tokens, asked: tokens.masked_fill(asked, -100)
        ),
        "0 is a word's number too (<pad>): cross_entropy leaves out −100 only.": (
            lambda tokens, asked: tokens * asked
        ),
        "−1 is not left out: cross_entropy leaves out −100 only.": (
            lambda tokens, asked: tokens.masked_fill(~asked, -1)
        ),
        "it is −100, not 100: no word has a negative number.": (
            lambda tokens, asked: tokens.masked_fill(~asked, 100)
        ),
        "the asked tokens alone have lost their places: keep the shape (B, T).": (
            lambda tokens, asked: tokens[asked]
        ),
    },
    kind="whole numbers",
    shape="(B, T)",
    axes=("text", "place"),
    advice="not these: the token where it is asked about, −100 everywhere else.",
    also={
        "work on a copy": _written_in_place,
        "whole numbers should come back": lambda tokens, asked: labels(tokens, asked).float(),
        "the token where it is asked": lambda tokens, asked: labels(tokens + 1, asked),
    },
    praise="The loss now counts the chosen places and no others.",
)


def two_before(weights: Float[Tensor, "H T T"]) -> Float[Tensor, " H"]:
    words = weights[:, 1:-1, 1:-1]
    return words.diagonal(offset=-2, dim1=1, dim2=2).mean(dim=1)


def _mean_of_diagonal(weights: Tensor, offset: int) -> Tensor:
    return weights.diagonal(offset=offset, dim1=1, dim2=2).mean(dim=1)


def _over_all_words(weights: Tensor) -> Tensor:
    words = weights[:, 1:-1, 1:-1]
    return words.diagonal(offset=-2, dim1=1, dim2=2).sum(dim=1) / words.shape[1]


TWO_BEFORE = in_code(
    two_before,
    lambda draw: [(draw.weights(h, t, t),) for h, t in ((3, 7), (2, 6), (4, 9), (1, 5))],
    known={
        "that is two words after: a row is the word that looks, so before is offset −2.": (
            lambda weights: two_before(weights.mT)
        ),
        "that is one word before; two were asked for.": (
            lambda weights: _mean_of_diagonal(weights[:, 1:-1, 1:-1], -1)
        ),
        "[CLS] and [SEP] are counted as words: leave the first and last place out.": (
            lambda weights: _mean_of_diagonal(weights, -2)
        ),
        "[SEP] is still counted as a word: leave out the last place, too.": (
            lambda weights: _mean_of_diagonal(weights[:, 1:, 1:], -2)
        ),
        "[CLS] is still counted as a word: leave out the first place, too.": (
            lambda weights: _mean_of_diagonal(weights[:, :-1, :-1], -2)
        ),
        "the sum is divided by the number of words; two of them have no word two places before.": (
            _over_all_words
        ),
        "this is the sum; take each head's mean.": (
            lambda weights: weights[:, 1:-1, 1:-1].diagonal(-2, 1, 2).sum(dim=1)
        ),
        "this is one number for all heads: average along each head's diagonal.": (
            lambda weights: two_before(weights).mean()
        ),
    },
    shape="one number per head",
    axes=("head",),
    advice="not these: cut [CLS] and [SEP] off, take the diagonal, average it for each head.",
    also={
        "one number per head": lambda weights: weights[0, 0],
        "take the diagonal": lambda weights: weights.mean(dim=(1, 2)),
    },
    praise="Any regular habit of a head can be measured like this, over as many texts as you like.",
)
