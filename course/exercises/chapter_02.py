"""Chapter 02, before attention: the exercises and what can go wrong in them."""

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing

KEPT, STEPS = 0.9, 20


def _fault_of_memory(answer: float) -> str | None:
    known = {
        KEPT**STEPS: None,
        1 - (1 - KEPT) * STEPS: "each step keeps 0.9 of what is *left*: multiply, do not subtract.",
        KEPT * STEPS: "0.9 twenty times over is a power, not a product.",
        (1 - KEPT) ** STEPS: "0.1 is what each step throws away. What it keeps is 0.9.",
        KEPT ** (STEPS - 1): "one step short: twenty words follow, and each takes its part.",
        1 - KEPT**STEPS: "that is how much is lost. The question is what is left.",
    }
    for number, fault in known.items():
        if abs(float(answer) - number) < 0.006:
            return fault
    return "not this. After one word 0.9 is left, after two 0.9 × 0.9, after three …"


MEMORY_LEFT = Exercise(
    find_fault=_fault_of_memory,
    solution=0.12,
    mistakes={
        "multiply, do not subtract": -1.0,
        "a power, not a product": 18.0,
        "What it keeps is 0.9": 0.0,
        "one step short": 0.135,
        "The question is what is left": 0.88,
        "After one word 0.9 is left": 0.5,
    },
    praise="Even a gate that keeps nine tenths leaves an eighth after twenty words.",
)


def additive_scores(
    query: Float[Tensor, " Q"],
    keys: Float[Tensor, "Tk K"],
    W: Float[Tensor, "M Q"],
    U: Float[Tensor, "M K"],
    v: Float[Tensor, " M"],
) -> Float[Tensor, " Tk"]:
    hidden = torch.tanh(W @ query + keys @ U.T)
    return hidden @ v


def _no_tanh(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return (W @ query + keys @ U.T) @ v


def _tanh_last(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh((W @ query + keys @ U.T) @ v)


def _exchanged(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh(U @ query + keys @ W.T) @ v


def _product(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh((W @ query) * (keys @ U.T)) @ v


def _weights_already(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return additive_scores(query, keys, W, U, v).softmax(dim=0)


def _fault_of_additive(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(additive_scores)."
    source = torch.Generator().manual_seed(0)
    shapes = ((3,), (5, 3), (4, 3), (4, 3), (4,))
    inputs = [torch.randn(s, generator=source, dtype=torch.float64) for s in shapes]
    given = answer(*inputs)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "there is no tanh: without it the query adds the same to every key, and softmax ignores "
        "what is the same for all.": _no_tanh,
        "the tanh comes last. It belongs inside, on the hidden vector, before v.": _tanh_last,
        "W and U are exchanged: W is for the query, U for the keys.": _exchanged,
        "query and key are multiplied. Additive attention adds them.": _product,
        "these are already weights: give the scores, before the softmax.": _weights_already,
    }
    if (hint := known_mistake(given, known, *inputs)) is not None:
        return hint
    if tuple(given.shape) != (5,):
        return f"five keys give five scores; yours have the shape {tuple(given.shape)}."
    if not close(given, additive_scores(*inputs)):
        return "not yet the right numbers. Compare with vᵀ tanh(W q + U k), key by key."
    return None


ADDITIVE_SCORES = Exercise(
    find_fault=_fault_of_additive,
    solution=additive_scores,
    mistakes={
        "there is no tanh": _no_tanh,
        "before v": _tanh_last,
        "W is for the query": _exchanged,
        "adds them": _product,
        "before the softmax": _weights_already,
        "returns nothing yet": lambda *inputs: ...,
    },
    praise="That is the score of 2014, the first that a translator learned to use.",
)


def alignment_error_rate(chosen: set[tuple[int, int]], gold: set[tuple[int, int]]) -> float:
    both = len(chosen & gold)
    return 1 - 2 * both / (len(chosen) + len(gold))


def _fault_of_rate(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(alignment_error_rate)."
    chosen = {(0, 0), (1, 1), (2, 1), (3, 4)}
    gold = {(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4)}
    given = answer(set(chosen), set(gold))
    if (fault := missing(given)) is not None:
        return fault
    both = len(chosen & gold)
    known = {
        1 - both / len(gold): "you count only the gold links that were missed: links chosen "
        "wrongly must cost as well.",
        1 - both / len(chosen): "you count only the wrong ones among the chosen: gold links that "
        "were missed must cost as well.",
        2 * both / (len(chosen) + len(gold)): "that is how much is right. The error is 1 minus it.",
        1 - both / (len(chosen) + len(gold)): "the links in both stand in either set, so they "
        "count twice: 2 × both.",
        1 - both / len(chosen | gold): "you divided by the union; the formula adds both sizes.",
    }
    for number, fault in known.items():
        if close(float(given), number):
            return fault
    if not close(float(given), alignment_error_rate(chosen, gold)):
        return "not this number. Compare with 1 − 2·|A ∩ G| / (|A| + |G|)."
    return None


ALIGNMENT_ERROR_RATE = Exercise(
    find_fault=_fault_of_rate,
    solution=alignment_error_rate,
    mistakes={
        "links chosen wrongly must cost as well": lambda a, g: 1 - len(a & g) / len(g),
        "were missed must cost as well": lambda a, g: 1 - len(a & g) / len(a),
        "The error is 1 minus it": lambda a, g: 2 * len(a & g) / (len(a) + len(g)),
        "2 × both": lambda a, g: 1 - len(a & g) / (len(a) + len(g)),
        "divided by the union": lambda a, g: 1 - len(a & g) / len(a | g),
        "returns nothing yet": lambda a, g: None,
    },
    praise="0 means every link found and none invented; 1 means that none is right.",
)
