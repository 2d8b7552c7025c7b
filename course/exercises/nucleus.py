"""Chapter 10: the exercise on top-p (Holtzman et al., 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing


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


def _fault_of_nucleus(answer: object) -> str | None:
    chances = torch.tensor([0.1, 0.4, 0.02, 0.24, 0.2, 0.04], dtype=torch.float64)
    if not callable(answer):
        return "give the function itself, without calling it: check(nucleus)."
    given = answer(chances.clone(), 0.75)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "what is kept does not sum to 1: divide by its sum.": _not_renormalized,
        "the token that takes the sum past p belongs to the nucleus: the fewest that hold p "
        "*or more*.": _without_the_last,
        "the right numbers in the order of their size: put each back in its own token's place.": (
            _in_order_of_size
        ),
        "p is not a threshold for each token; it is what the kept ones hold together.": (
            _threshold
        ),
        "you began with the unlikeliest tokens; sort with descending=True.": _unlikeliest,
    }
    if (hint := known_mistake(given, known, chances, 0.75)) is not None:
        return hint
    if not close(given, nucleus(chances, 0.75)):
        return "for 0.10, 0.40, 0.02, 0.24, 0.20, 0.04 and p = 0.75 three tokens stay: which?"
    if not close(answer(chances.clone(), 1.0), chances):
        return "with p = 1 every token must stay as it is."
    return None


NUCLEUS = Exercise(
    find_fault=_fault_of_nucleus,
    solution=nucleus,
    mistakes={
        "does not sum to 1": _not_renormalized,
        "or more": _without_the_last,
        "order of their size": _in_order_of_size,
        "not a threshold for each token": _threshold,
        "unlikeliest": _unlikeliest,
        "three tokens stay": lambda probabilities, p: probabilities**2,
        "the function itself": [0.4, 0.3],
        "returns nothing yet": lambda probabilities, p: None,
    },
    praise="A sure model keeps few tokens, an unsure one many: that is what top-k cannot do.",
)
