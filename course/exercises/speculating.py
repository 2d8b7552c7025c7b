"""Chapter 15: what comes of a guess, from nothing; and how many stay, from code with a bug."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def outcome(p: Tensor, q: Tensor) -> Tensor:
    stays = (p / q).clamp(max=1)
    more = (p - q).clamp(min=0)
    other = more / more.sum()
    return stays.diag() + torch.outer(1 - stays, other)


def _outcome(p: Tensor, q: Tensor, stays: Tensor, other: Tensor) -> Tensor:
    return stays.diag() + torch.outer(1 - stays, other)


def _residual(p: Tensor, q: Tensor) -> Tensor:
    more = (p - q).clamp(min=0)
    return more / more.sum()


def _distributions(draw: Draw) -> Sequence[Inputs]:
    return [
        (draw.normal(words).softmax(dim=0), draw.normal(words).softmax(dim=0))
        for words in (3, 5, 2, 4)
    ]


OUTCOME = in_code(
    outcome,
    _distributions,
    known={
        "in place of a refused guess a word is drawn from p: the words that the draft says often "
        "then come too often. Draw from max(0, p − q), divided by its sum.": (
            lambda p, q: _outcome(p, q, (p / q).clamp(max=1), p)
        ),
        "max(0, p − q) is no distribution yet: divide it by its sum, so that rows sum to 1.": (
            lambda p, q: _outcome(p, q, (p / q).clamp(max=1), (p - q).clamp(min=0))
        ),
        "the ratio is upside down: a guess stays with min(1, p/q).": (
            lambda p, q: _outcome(p, q, (q / p).clamp(max=1), _residual(p, q))
        ),
        "in place of a refused guess comes what the model says MORE often: max(0, p − q).": (
            lambda p, q: _outcome(p, q, (p / q).clamp(max=1), _residual(q, p))
        ),
        "a guess stays with chance p/q here, that of its own word: p alone is too little.": (
            lambda p, q: _outcome(p, q, p, _residual(p, q))
        ),
        "this is only what stays; a refused guess is replaced by another word.": (
            lambda p, q: (p / q).clamp(max=1).diag()
        ),
        "row i is the guess, column j what comes of it: yours is transposed.": (
            lambda p, q: outcome(p, q).T
        ),
        "another word is drawn even where the guess stays: times 1 − min(1, p/q) of its row.": (
            lambda p, q: (p / q).clamp(max=1).diag() + _residual(p, q).expand(len(p), -1)
        ),
        "p/q may be above 1: such a guess always stays, with chance 1.": (
            lambda p, q: _outcome(p, q, p / q, _residual(p, q))
        ),
    },
    shape="a row per guess, a column per word that comes of it",
    axes=("guess", "word"),
    advice="not this. On the diagonal min(1, p/q), then row i gets (1 − min(1, pᵢ/qᵢ)) · residual.",
    also={"On the diagonal": lambda p, q: outcome(p.flip(0), q)},
    praise="And q @ outcome(p, q) is p, whatever q: that is the whole proof.",
)


def kept(p: Tensor, q: Tensor, words: Tensor, chances: Tensor) -> int:
    places = torch.arange(len(words))
    stays = chances * q[places, words] < p[places, words]
    return int(stays.long().cumprod(dim=0).sum())


def _stays(p: Tensor, q: Tensor, words: Tensor, chances: Tensor) -> Tensor:
    places = torch.arange(len(words))
    return chances * q[places, words] < p[places, words]


def _guesses(draw: Draw) -> Sequence[Inputs]:
    """Guesses of which the first is refused, one in the middle, the last, none."""
    cases = []
    for shift, refused in enumerate(((0,), (1, 3), (3,), (), (2, 4))):
        count, kinds = 5, 4
        p, q = (draw.normal(count, kinds).softmax(dim=1) for _ in range(2))
        words = (torch.arange(count) + shift) % kinds
        keep = (p / q)[torch.arange(count), words].clamp(max=1)
        chances = 0.9 * keep
        for place in refused:
            p[place, words[place]] = 0.3 * q[place, words[place]]
            chances[place] = 0.4
        cases.append((p, q, words, chances))
    return cases


KEPT = in_code(
    kept,
    _guesses,
    known={
        "this is still the code as given. It also counts guesses that stand behind a refused one: "
        "for which text were they guessed?": lambda *told: int(_stays(*told).sum()),
        "that is the place of the LAST that passes; count up to the first that does not.": (
            lambda *told: int(_stays(*told).nonzero().max()) + 1
        ),
        "one too many: the refused guess itself does not stay.": (
            lambda *told: min(kept(*told) + 1, len(told[2]))
        ),
        "when none is refused, all of them stay.": lambda *told: int(
            (~_stays(*told)).int().argmax()
        ),
        "that is how many are refused.": lambda *told: int((~_stays(*told)).sum()),
        "it is all or nothing now: the guesses before the refused one stay.": (
            lambda *told: len(told[2]) * int(_stays(*told).all())
        ),
    },
    shape="one whole number",
    axes=(),
    kind="a whole number",
    advice="not this: go through the guesses in order and stop at the first that does not stay.",
    also={"stop at the first": lambda *told: len(told[2])},
    praise="What stands behind a refused word was guessed for a text that never came about.",
)
