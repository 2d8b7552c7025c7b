"""Chapter 11: the exercise on mean pooling (Reimers & Gurevych, 2019)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing


def pool(states: Float[Tensor, "B T E"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B E"]:
    real = torch.arange(states.shape[1]) < lengths[:, None]
    total = (states * real[:, :, None]).sum(dim=1)
    return total / lengths[:, None]


def _padding_too(states: Tensor, lengths: Tensor) -> Tensor:
    return states.mean(dim=1)


def _longest_for_all(states: Tensor, lengths: Tensor) -> Tensor:
    return pool(states, lengths) * lengths[:, None] / states.shape[1]


def _first_state(states: Tensor, lengths: Tensor) -> Tensor:
    return states[:, 0]


def _one_short(states: Tensor, lengths: Tensor) -> Tensor:
    return pool(states, lengths - 1)


def _inverted(states: Tensor, lengths: Tensor) -> Tensor:
    padding = torch.arange(states.shape[1]) >= lengths[:, None]
    return (states * padding[:, :, None]).sum(dim=1) / lengths[:, None]


def _fault_of_pool(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(pool)."
    source = torch.Generator().manual_seed(0)
    states = torch.randn(3, 5, 4, generator=source, dtype=torch.float64)
    lengths = torch.tensor([5, 2, 3])
    given = answer(states, lengths)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "padding is averaged in: a short text's vector changes with its batch.": _padding_too,
        "the sum is right, but each text is divided by T and not by its own length.": (
            _longest_for_all
        ),
        "that is the state of [CLS] alone. This model was trained to be averaged.": _first_state,
        "one token too few: place t is real when t < length.": _one_short,
        "you averaged the padding and left out the words: the mask is inverted.": _inverted,
    }
    if (hint := known_mistake(given, known, states, lengths)) is not None:
        return hint
    if tuple(given.shape) != (3, 4):
        return f"for 3 texts of size 4 the result is (3, 4), yours {tuple(given.shape)}."
    if not close(given, pool(states, lengths)):
        return "the shape is right, the numbers are not: sum the real states, divide by the length."
    return None


POOL = Exercise(
    find_fault=_fault_of_pool,
    solution=pool,
    mistakes={
        "padding is averaged in": _padding_too,
        "divided by T": _longest_for_all,
        "[CLS] alone": _first_state,
        "one token too few": _one_short,
        "left out the words": _inverted,
        "the function itself": torch.zeros(3, 4),
        "returns nothing yet": lambda states, lengths: ...,
    },
    praise="The same sentence now has the same vector in every batch.",
)
