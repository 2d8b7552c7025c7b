"""Chapter 02: the context vector of a network that reads both ways, from code with a bug."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw

KEPT, STEPS = 0.9, 20


def context_vector(states: Float[Tensor, "S 2 D"]) -> Float[Tensor, " 2D"]:
    from_left = states[-1, 0]  # has read to the last word
    from_right = states[0, 1]  # has read to the first
    return torch.cat((from_left, from_right))


def _as_given(states: Tensor) -> Tensor:
    return torch.cat((states[-1, 0], states[-1, 1]))


def _both_first(states: Tensor) -> Tensor:
    return torch.cat((states[0, 0], states[0, 1]))


def _directions_exchanged(states: Tensor) -> Tensor:
    return torch.cat((states[-1, 1], states[0, 0]))


def _ends_exchanged(states: Tensor) -> Tensor:
    return torch.cat((states[0, 0], states[-1, 1]))


def _order_exchanged(states: Tensor) -> Tensor:
    return torch.cat((states[0, 1], states[-1, 0]))


def _average(states: Tensor) -> Tensor:
    return states.mean(dim=0).flatten()


def _added(states: Tensor) -> Tensor:
    return states[-1, 0] + states[0, 1]


def _sentences(draw: Draw) -> Sequence[Inputs]:
    return [(draw.normal(words, 2, size),) for words, size in ((5, 3), (2, 4), (7, 2))]


CONTEXT_VECTOR = in_code(
    context_vector,
    _sentences,
    known={
        "that is still what the code as given does: one of the two GRUs has read a single word at "
        "the place where you take its state. Which one, and where has it read all?": _as_given,
        "now the GRU from the left has read a single word: it starts at word 0.": _both_first,
        "the axis of 2 holds the GRU from the left first (0), then that from the right (1).": (
            _directions_exchanged
        ),
        "both have read a single word: each GRU ends where the other starts.": _ends_exchanged,
        "the right two states, but in the wrong order: left first.": _order_exchanged,
        "that is the average of all states. Two of them are asked for.": _average,
        "the two states are added. Put them one after the other with torch.cat.": _added,
    },
    shape="two states, one after the other",
    axes=("number",),
    advice="not these numbers. Take the state in which each GRU has read the whole sentence.",
    also={
        "two states, one after the other": lambda states: states[-1, 0],
        "has read the whole sentence": lambda states: torch.cat((states[1, 0], states[0, 1])),
    },
    praise="No shape complained, and half of the network never saw more than one word.",
)
