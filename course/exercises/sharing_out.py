"""Who holds what of a sequence, and how far keys travel under a window; chapter 18."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def zigzag(length: int, processes: int) -> Int[Tensor, "P T/P"]:
    stretches = torch.arange(length).view(2 * processes, -1)
    return torch.cat((stretches[:processes], stretches[processes:].flip(0)), dim=1)


def _within(length: int, processes: int) -> Tensor:
    """The late stretch in the order of its tokens from the end."""
    stretches = torch.arange(length).view(2 * processes, -1)
    return torch.cat((stretches[:processes], stretches[processes:].flip(0, 1)), dim=1)


ZIGZAG = in_code(
    zigzag,
    lambda draw: [(12, 2), (24, 3), (16, 4), (6, 1)],
    known={
        "these are contiguous stretches, one per process: then the last has most to do.": (
            lambda length, processes: torch.arange(length).view(processes, -1)
        ),
        "both halves run the same way: process 0 should have the last stretch beside its first.": (
            lambda length, processes: torch.arange(length).view(2, processes, -1).mT.flatten(1)
        ),
        "the stretches are right, but the tokens of the late one run backwards: only the order of "
        "the stretches is turned round, not that of their tokens.": _within,
        "dealt out like cards: that is the striped order, which balances too. Asked for are two "
        "whole stretches per process.": (
            lambda length, processes: torch.arange(length).view(-1, processes).T
        ),
        "whole stretches in one row after another: a row is a process.": (
            lambda length, processes: torch.arange(length).view(2 * processes, -1)
        ),
    },
    shape="a row per process, as long as its share",
    axes=("process", "token"),
    kind="whole numbers",
    advice="of 2P stretches, process p holds number p and number 2P − 1 − p.",
    also={"of 2P": lambda length, processes: zigzag(length, processes).flip(0)},
    praise="An early stretch and a late one each: together every process sees as much.",
)


def turns(length: int, processes: int, width: int) -> int:
    share = length // processes
    return min(processes, 1 + -(-(width - 1) // share))


def _window_cases(draw: Draw) -> Sequence[Inputs]:
    return [(64, 8, 9), (64, 8, 10), (64, 8, 1), (96, 4, 24), (96, 4, 26), (63, 7, 63), (16, 8, 4)]


TURNS = in_code(
    turns,
    _window_cases,
    known={
        "the window counts the query itself: it reaches width − 1 keys back.": (
            lambda length, processes, width: min(processes, 1 + -(-width // (length // processes)))
        ),
        "its own keys need a turn too: turn 0.": (
            lambda length, processes, width: min(
                processes, -(-(width - 1) // (length // processes))
            )
        ),
        "a stretch reached in part must come as well: round up.": (
            lambda length, processes, width: min(
                processes, 1 + (width - 1) // (length // processes)
            )
        ),
        "there are no more turns than processes.": (
            lambda length, processes, width: 1 + -(-(width - 1) // (length // processes))
        ),
        "one too many where the window ends at a stretch's edge: its first query sees width − 1 "
        "keys before it, not width.": (
            lambda length, processes, width: min(
                processes, 1 + -(-(width + 1) // (length // processes))
            )
        ),
        "that is every turn: what no query sees need not come.": (
            lambda length, processes, width: processes
        ),
    },
    kind="a whole number",
    advice="how many stretches back does the first query of a stretch see?",
    also={"how many": lambda length, processes, width: 2 * turns(length, processes, width)},
    praise="So a window of 4,096 costs a ring of 64 as little as a ring of 2.",
)
