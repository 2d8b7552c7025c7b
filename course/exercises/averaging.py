"""Chapter 10: the exercise on the perplexity of a text that was read in windows."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def perplexity_of(surprises: Float[Tensor, " N"], counts: Int[Tensor, " N"]) -> Float[Tensor, ""]:
    share = counts / counts.sum()
    return (share * surprises).sum().exp()


def _as_given(surprises: Tensor, counts: Tensor) -> Tensor:
    share = counts / counts.sum()
    return (share * surprises.exp()).sum()


def _unweighted(surprises: Tensor, counts: Tensor) -> Tensor:
    return surprises.mean().exp()


def _both(surprises: Tensor, counts: Tensor) -> Tensor:
    return surprises.exp().mean()


def _not_divided(surprises: Tensor, counts: Tensor) -> Tensor:
    return (counts * surprises).sum().exp()


def _in_bits(surprises: Tensor, counts: Tensor) -> Tensor:
    return 2 ** (counts * surprises).sum().div(counts.sum())


def _windows(draw: Draw) -> Sequence[Inputs]:
    """Windows of unequal length, the last one often short; one text of one window."""
    counts = ([128, 128, 40], [5, 3], [7, 7, 7, 2], [9])
    return [(draw.uniform(len(each)) * 3 + 0.5, torch.tensor(each)) for each in counts]


PERPLEXITY_OF_WINDOWS = in_code(
    perplexity_of,
    _windows,
    known={
        "this is still the code as given. What would it say of two windows, one without any "
        "surprise and one with a large one? It averages perplexities.": _as_given,
        "every window counts alike, the short last one too: weigh each by its tokens.": _unweighted,
        "it averages perplexities, and each window counts alike, the short last one too.": _both,
        "the mean surprise is right; the perplexity is its exponential.": (
            lambda surprises, counts: (counts * surprises).sum() / counts.sum()
        ),
        "this is the exponential of the whole text's surprise: divide by all tokens first.": (
            _not_divided
        ),
        "the surprises are in nats: take exp of their mean, not a power of 2.": _in_bits,
    },
    shape="one number",
    axes=(),
    advice="not this number: the mean surprise of a token first, its exponential last.",
    also={
        "one number": lambda surprises, counts: surprises.exp(),
        "of a token first": lambda surprises, counts: surprises.sum(),
    },
    praise="Averaging perplexities gives more, never less: each hard passage counts for many.",
)
