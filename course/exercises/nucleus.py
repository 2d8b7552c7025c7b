"""Chapter 10: the exercise on top-p (Holtzman et al., 2020)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def nucleus(probabilities: Float[Tensor, " V"], p: float) -> Float[Tensor, " V"]:
    ordered, order = probabilities.sort(descending=True)
    before = ordered.cumsum(dim=0) - ordered
    kept = torch.zeros_like(probabilities)
    kept[order] = ordered * (before < p)
    return kept / kept.sum()


def _not_renormalized(probabilities: Tensor, p: float) -> Tensor:
    return torch.where(nucleus(probabilities, p) > 0, probabilities, 0.0)


def _without_the_last(probabilities: Tensor, p: float) -> Tensor:
    ordered, order = probabilities.sort(descending=True)
    kept = torch.zeros_like(probabilities)
    kept[order] = ordered * (ordered.cumsum(dim=0) <= p)
    return kept / kept.sum()


def _one_too_many(probabilities: Tensor, p: float) -> Tensor:
    ordered, order = probabilities.sort(descending=True)
    kept = torch.zeros_like(probabilities)
    kept[order] = ordered * (ordered.cumsum(dim=0) - ordered <= p)
    return kept / kept.sum()


def _in_order_of_size(probabilities: Tensor, p: float) -> Tensor:
    return nucleus(probabilities, p).sort(descending=True).values


def _threshold(probabilities: Tensor, p: float) -> Tensor:
    kept = probabilities * (probabilities >= 1 - p)
    return kept / kept.sum()


def _unlikeliest(probabilities: Tensor, p: float) -> Tensor:
    ordered, order = probabilities.sort()
    before = ordered.cumsum(dim=0) - ordered
    kept = torch.zeros_like(probabilities)
    kept[order] = ordered * (before < p)
    return kept / kept.sum()


def _equal_shares(probabilities: Tensor, p: float) -> Tensor:
    kept = nucleus(probabilities, p) > 0
    return kept / kept.sum()


def _distributions(draw: Draw) -> Sequence[Inputs]:
    """In some the kept ones hold p exactly; of tied tokens either all stay or none."""
    return [
        (torch.tensor([0.1, 0.4, 0.02, 0.24, 0.2, 0.04]), 0.75),
        (torch.tensor([0.25, 0.5, 0.25]), 0.5),
        (torch.tensor([0.125, 0.25, 0.5, 0.125]), 0.75),
        (torch.tensor([0.25, 0.25, 0.0625, 0.25, 0.1875]), 0.75),
        (torch.tensor([0.5, 0.0, 0.25, 0.25]), 1.0),
        (draw.weights(9), 0.9),
        (draw.weights(7), 0.3),
        (torch.ones(1), 0.5),
    ]


NUCLEUS = in_code(
    nucleus,
    _distributions,
    known={
        "what is kept does not sum to 1: divide by its sum.": _not_renormalized,
        "the token that takes the sum past p belongs to the nucleus: the fewest that hold p "
        "*or more*.": _without_the_last,
        "one token too many where the kept ones hold p exactly: a token stays if those before it "
        "hold less than p (<, not <=).": _one_too_many,
        "the right numbers in the order of their size: put each back in its own token's place.": (
            _in_order_of_size
        ),
        "p is not a threshold for each token; it is what the kept ones hold together.": (
            _threshold
        ),
        "you began with the unlikeliest tokens; sort with descending=True.": _unlikeliest,
        "the right tokens stay, but all alike: each keeps its share of the sum.": _equal_shares,
        "all tokens stay: the unlikeliest must go.": lambda probabilities, p: probabilities,
    },
    shape="one number per token",
    axes=("token",),
    advice="not these: the fewest tokens, likeliest first, that together hold p or more.",
    also={
        "likeliest first": lambda probabilities, p: probabilities**2,
        "should be": lambda probabilities, p: nucleus(probabilities, 0.75),
    },
    praise="A sure model keeps few tokens, an unsure one many: that is what top-k cannot do.",
)
