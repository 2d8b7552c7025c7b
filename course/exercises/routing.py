"""Chapter 16: queries sent to blocks of keys, from code that looks into the future."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def routed(query: Tensor, key: Tensor, block: int, count: int) -> Tensor:
    tokens = len(query)
    means = key.unflatten(0, (-1, block)).mean(dim=1)
    scores = query @ means.T
    place = torch.arange(tokens)
    own = place[:, None] // block
    past = torch.arange(len(means)) < own
    order = scores.masked_fill(~past, -torch.inf).argsort(dim=1, descending=True)
    chosen = torch.zeros_like(past).scatter(1, order[:, :count], True) & past
    chosen = chosen | (torch.arange(len(means)) == own)
    return chosen.repeat_interleave(block, dim=1) & (place <= place[:, None])


def _by(
    query: Tensor,
    key: Tensor,
    block: int,
    count: int,
    *,
    begun: bool = False,
    own: bool = True,
    causal: bool = True,
    choose_first: bool = False,
    every: bool = False,
) -> Tensor:
    """The same with one thing otherwise."""
    scores = query @ key.unflatten(0, (-1, block)).mean(dim=1).T
    place, blocks = torch.arange(len(query)), torch.arange(scores.shape[1])
    mine = place[:, None] // block
    may = blocks <= mine if begun else blocks < mine
    hidden = scores if choose_first else scores.masked_fill(~may, -torch.inf)
    order = hidden.argsort(dim=1, descending=True)[:, :count]
    chosen = torch.zeros_like(may).scatter(1, order, True) & may
    chosen = may if every else chosen
    chosen = chosen | (blocks == mine) if own else chosen
    seen = chosen.repeat_interleave(block, dim=1)
    return seen & (place <= place[:, None]) if causal else seen


def _texts(draw: Draw) -> Sequence[Inputs]:
    sizes = (12, 3, 2), (10, 2, 1), (16, 4, 1), (15, 3, 3)
    return [
        (draw.normal(tokens, 4), draw.normal(tokens, 4), block, count)
        for tokens, block, count in sizes
    ]


ROUTED = in_code(
    routed,
    _texts,
    known={
        "this is still the code as given. Change the last key: which rows change with it?": (
            lambda query, key, block, count: _by(query, key, block, count, begun=True, own=False)
        ),
        "the own block is always seen now, but it still competes by its mean, in which later keys "
        "are: only blocks that are wholly past may be chosen.": (
            lambda query, key, block, count: _by(query, key, block, count, begun=True)
        ),
        "the block that a query stands in is missing: it is always seen, up to the query.": (
            lambda query, key, block, count: _by(query, key, block, count, own=False)
        ),
        "within the own block a query sees later tokens.": (
            lambda query, key, block, count: _by(query, key, block, count, causal=False)
        ),
        "you chose first and hid the future afterwards: later blocks took the places of earlier "
        "ones.": lambda query, key, block, count: _by(query, key, block, count, choose_first=True),
        "every block of the past is seen: nothing is chosen.": (
            lambda query, key, block, count: _by(query, key, block, count, every=True)
        ),
    },
    shape="a row per query, a column per key",
    axes=("query", "key"),
    kind="True or False",
    advice="not this: the `count` best of the blocks wholly past, and the own block up to itself.",
    also={
        "the `count` best of the blocks": lambda query, key, block, count: routed(
            -query, key, block, count
        ),
        "the shape is": lambda query, key, block, count: routed(query, key, block, count)[:1],
    },
    praise="A mean over a block that is not over yet knows the future.",
)
