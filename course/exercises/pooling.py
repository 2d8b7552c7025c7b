"""Chapter 11: the exercise on mean pooling (Reimers & Gurevych, 2019)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def pool(states: Float[Tensor, "B T E"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B E"]:
    real = torch.arange(states.shape[1]) < lengths[:, None]
    total = (states * real[:, :, None]).sum(dim=1)
    return total / lengths[:, None]


def _longest_for_all(states: Tensor, lengths: Tensor) -> Tensor:
    return pool(states, lengths) * lengths[:, None] / states.shape[1]


def _one_short(states: Tensor, lengths: Tensor) -> Tensor:
    return pool(states, lengths - 1)


def _one_more(states: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(states.shape[1]) <= lengths[:, None]
    return (states * real[:, :, None]).sum(dim=1) / lengths[:, None]


def _one_more_in_both(states: Tensor, lengths: Tensor) -> Tensor:
    real = torch.arange(states.shape[1]) <= lengths[:, None]
    return (states * real[:, :, None]).sum(dim=1) / real.sum(dim=1, keepdim=True)


def _inverted(states: Tensor, lengths: Tensor) -> Tensor:
    padding = torch.arange(states.shape[1]) >= lengths[:, None]
    return (states * padding[:, :, None]).sum(dim=1) / lengths[:, None]


def _unit(states: Tensor, lengths: Tensor) -> Tensor:
    mean = pool(states, lengths)
    return mean / mean.norm(dim=-1, keepdim=True)


def _batches(draw: Draw) -> Sequence[Inputs]:
    shapes = ((3, 5, 4), [5, 2, 3]), ((2, 6, 3), [1, 6]), ((4, 3, 6), [2, 2, 1, 3])
    return [(draw.normal(*shape), torch.tensor(lengths)) for shape, lengths in shapes]


POOL = in_code(
    pool,
    _batches,
    known={
        "padding is averaged in: a short text's vector changes with its batch.": (
            lambda states, lengths: states.mean(dim=1)
        ),
        "the sum is right, but each text is divided by T and not by its own length.": (
            _longest_for_all
        ),
        "this is the sum of the real tokens: divide it by the length.": (
            lambda states, lengths: pool(states, lengths) * lengths[:, None]
        ),
        "that is the state of [CLS] alone. This model was trained to be averaged.": (
            lambda states, lengths: states[:, 0]
        ),
        "one token too few: place t is real when t < length.": _one_short,
        "one token too many: place t is real when t < length, not t <= length.": _one_more,
        "one token too many, in the sum and in the count: t < length, not t <= length.": (
            _one_more_in_both
        ),
        "you averaged the padding and left out the words: the mask is inverted.": _inverted,
        "the mean is right, but brought to length 1: give the mean itself.": _unit,
    },
    shape="(B, E), one vector per text",
    axes=("text", "number"),
    advice="the shape is right, the numbers are not: sum the real states, divide by the length.",
    also={
        "one vector per text": lambda states, lengths: states,
        "divide by the length": lambda states, lengths: pool(states, lengths) + 1,
    },
    praise="The same sentence now has the same vector in every batch.",
)
