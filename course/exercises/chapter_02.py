"""Chapter 02, before attention: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.bridging import CONTEXT_VECTOR
from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.looking_up import LookUp, draw_games
from course.exercises.training_additive import ADDITIVE_LOOK_UP
from course.exercises.trying import Draw

KEPT, STEPS = 0.9, 20

__all__ = [
    "ADDITIVE_LOOK_UP",
    "ADDITIVE_SCORES",
    "ALIGNMENT_ERROR_RATE",
    "CONTEXT_VECTOR",
    "MEMORY_LEFT",
    "LookUp",
    "draw_games",
]


MEMORY_LEFT = by_hand(
    KEPT**STEPS,
    within=0.006,
    known={
        "each step keeps 0.9 of what is *left*: multiply, do not subtract.": -1.0,
        "0.9 twenty times over is a power, not a product.": 18.0,
        "0.1 is what each step throws away. What it keeps is 0.9.": 0.0,
        "one step short: twenty words follow, and each takes its part.": KEPT ** (STEPS - 1),
        "one step too many: when the first word was read, nothing had been taken from it yet.": (
            KEPT ** (STEPS + 1)
        ),
        "that is how much is lost. The question is what is left.": 1 - KEPT**STEPS,
    },
    otherwise="not this. After one word 0.9 is left, after two 0.9 × 0.9, after three …",
    solution=0.12,
    also={"After one word 0.9 is left": 0.5},
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


def _two_tanh(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return (torch.tanh(W @ query) + torch.tanh(keys @ U.T)) @ v


def _sigmoid(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.sigmoid(W @ query + keys @ U.T) @ v


def _only_keys(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh(keys @ U.T) @ v


def _no_v(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh(W @ query + keys @ U.T).sum(dim=1)


def _minus(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh(W @ query - keys @ U.T) @ v


def _exchanged(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh(U @ query + keys @ W.T) @ v


def _product(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh((W @ query) * (keys @ U.T)) @ v


def _weights_already(query: Tensor, keys: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return additive_scores(query, keys, W, U, v).softmax(dim=0)


def _words(draw: Draw) -> Sequence[Inputs]:
    """In the first case query and keys are of one size, so that exchanging W and U goes through."""
    sizes = (3, 5, 3, 4), (2, 4, 5, 3), (6, 3, 2, 5), (4, 1, 3, 2)
    return [
        (draw.normal(q), draw.normal(t, k), draw.normal(m, q), draw.normal(m, k), draw.normal(m))
        for q, t, k, m in sizes
    ]


ADDITIVE_SCORES = in_code(
    additive_scores,
    _words,
    known={
        "there is no tanh: without it the query adds the same to every key, and softmax ignores "
        "what is the same for all.": _no_tanh,
        "the tanh comes last. It belongs inside, on the hidden vector, before v.": _tanh_last,
        "there are two tanh: add W q and U k first, then one tanh of the sum.": _two_tanh,
        "that is a sigmoid; the formula has a tanh.": _sigmoid,
        "the query has no part in it: add W q before the tanh.": _only_keys,
        "the hidden numbers are added up as they are: v weighs them.": _no_v,
        "query and key are subtracted. Add them.": _minus,
        "W and U are exchanged: W is for the query, U for the keys.": _exchanged,
        "query and key are multiplied. Additive attention adds them.": _product,
        "these are already weights: give the scores, before the softmax.": _weights_already,
    },
    shape="one score per key",
    axes=("key",),
    advice="these are not the right numbers. Compare with vᵀ tanh(W q + U k), key by key.",
    also={
        "one score per key": lambda query, keys, W, U, v: v,
        "key by key": lambda query, keys, W, U, v: keys.sum(dim=1),
    },
    praise="That is the score of 2014, the first that a translator learned to use.",
)


def alignment_error_rate(chosen: set[tuple[int, int]], gold: set[tuple[int, int]]) -> float:
    both = len(chosen & gold)
    return 1 - 2 * both / (len(chosen) + len(gold))


def _links(draw: Draw) -> Sequence[Inputs]:
    gold = {(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4)}
    return [
        ({(0, 0), (1, 1), (2, 1), (3, 4)}, gold),
        ({(0, 0), (0, 1), (1, 1), (2, 2), (2, 0)}, {(0, 0), (1, 1)}),
        ({(0, 1), (1, 0)}, {(0, 0), (1, 1), (2, 2)}),
        (set(gold), gold),
    ]


ALIGNMENT_ERROR_RATE = in_code(
    alignment_error_rate,
    _links,
    known={
        "you count only the gold links that were missed: links chosen wrongly must cost as well.": (
            lambda chosen, gold: 1 - len(chosen & gold) / len(gold)
        ),
        "you count only the wrong ones among the chosen: gold links that were missed must cost as "
        "well.": lambda chosen, gold: 1 - len(chosen & gold) / len(chosen),
        "that is how much is right. The error is 1 minus it.": (
            lambda chosen, gold: 2 * len(chosen & gold) / (len(chosen) + len(gold))
        ),
        "the links in both stand in either set, so they count twice: 2 × both.": (
            lambda chosen, gold: 1 - len(chosen & gold) / (len(chosen) + len(gold))
        ),
        "you divided by the union; the formula adds both sizes.": (
            lambda chosen, gold: 1 - len(chosen & gold) / len(chosen | gold)
        ),
    },
    shape="one number",
    advice="not this number. Compare with 1 − 2·|A ∩ G| / (|A| + |G|).",
    also={
        "Compare with 1 − 2": lambda chosen, gold: 0.6,
        "numbers are asked for": lambda chosen, gold: "0.6",
        "work on a copy": lambda chosen, gold: (
            1 - 2 * len(chosen & gold) / (len(chosen) + len(gold)) + 0 * bool(chosen.clear())
        ),
    },
    praise="0 means every link found and none invented; 1 means that none is right.",
)
