"""Joining the heads again, with a bug to find: an exercise of chapter 07."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def join(heads: Float[Tensor, "B H T D"]) -> Float[Tensor, "B T E"]:
    batch, count, tokens, size = heads.shape
    return heads.transpose(1, 2).reshape(batch, tokens, count * size)


def _as_given(heads: Tensor) -> Tensor:
    batch, count, tokens, size = heads.shape
    return heads.reshape(batch, tokens, count * size)


def _numbers_in_turn(heads: Tensor) -> Tensor:
    return heads.permute(0, 2, 3, 1).flatten(2)


def _mixed_within_heads(heads: Tensor) -> Tensor:
    batch, count, tokens, size = heads.shape
    return heads.mT.reshape(batch, tokens, count * size)


def _heads_of_texts(draw: Draw) -> Sequence[Inputs]:
    return [(draw.normal(*sizes),) for sizes in ((2, 4, 3, 2), (1, 2, 5, 3), (3, 3, 2, 2))]


JOIN = in_code(
    join,
    _heads_of_texts,
    known={
        "this is the code as given, with its bug. Fill every head with its own number, as with the "
        "tokens above, and look at token 0: it should have all heads' numbers.": _as_given,
        "head 0 should fill the first D numbers of each token; in yours the heads take turns.": (
            _numbers_in_turn
        ),
        "the axes exchanged are tokens and numbers; it is heads and tokens that must change.": (
            _mixed_within_heads
        ),
        "the heads are added up. Lay them side by side: adding is the output matrix's work.": (
            lambda heads: heads.sum(dim=1)
        ),
        "the axes are exchanged, but the heads are not joined: the last two must become one.": (
            lambda heads: heads.transpose(1, 2)
        ),
    },
    shape="(B, T, E)",
    axes=("text", "token", "number"),
    advice="the right shape, but other numbers.",
    also={
        "the shape is (2, 3, 8)": lambda heads: heads.flatten(1, 2),
        "the right shape, but other numbers": lambda heads: join(heads.flip(1)),
    },
    praise="Cut, exchange; exchange, join: what split did is undone in the reverse order.",
)
