"""Chapter 16: each query's best keys, none of them later than itself."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def causal_top_k(scores: Tensor, count: int) -> Tensor:
    future = torch.ones(scores.shape, dtype=torch.bool).triu(1)
    order = scores.masked_fill(future, -torch.inf).argsort(dim=1, descending=True)
    chosen = torch.zeros(scores.shape, dtype=torch.bool).scatter(1, order[:, :count], True)
    return chosen & ~future


def _best(scores: Tensor, count: int) -> Tensor:
    """The best keys of every row, the future among them."""
    order = scores.argsort(dim=1, descending=True)[:, :count]
    return torch.zeros(scores.shape, dtype=torch.bool).scatter(1, order, True)


def _hidden(scores: Tensor, diagonal: int = 1) -> Tensor:
    return scores.masked_fill(torch.ones(scores.shape, dtype=torch.bool).triu(diagonal), -torch.inf)


def _drawn(draw: Draw) -> Sequence[Inputs]:
    return [(draw.normal(size, size), count) for size, count in ((6, 2), (5, 3), (1, 1), (7, 4))]


CAUSAL_TOP_K = in_code(
    causal_top_k,
    _drawn,
    known={
        "keys of the future are among the chosen: hide them before you choose.": _best,
        "you chose first and hid the future afterwards: later keys took the places of earlier "
        "ones, and some rows see fewer than they may. Hide first, then choose.": (
            lambda scores, count: _best(scores, count).tril()
        ),
        "rows with fewer keys than `count` see the future: among equal −∞ something has to be "
        "chosen. Hide the future once more at the end.": (
            lambda scores, count: _best(_hidden(scores), count)
        ),
        "in yours no token sees itself, but the diagonal is not the future.": (
            lambda scores, count: _best(_hidden(scores, 0), count).tril(-1)
        ),
        "the lowest scores were chosen: sort in descending order.": (
            lambda scores, count: causal_top_k(-scores, count)
        ),
        "the best are chosen per key, down a column: a row is a query.": (
            lambda scores, count: _best(scores.tril().T, count).T.tril()
        ),
        "this is the causal mask alone: nothing is chosen.": (
            lambda scores, count: torch.ones(scores.shape, dtype=torch.bool).tril()
        ),
        "one key too few per row.": lambda scores, count: (
            causal_top_k(scores, count - 1) if count > 1 else torch.zeros_like(scores).bool()
        ),
        "one key too many per row.": lambda scores, count: causal_top_k(scores, count + 1),
        "the future was given the score 0, which beats negative scores: give it −∞.": (
            lambda scores, count: _best(scores.tril(), count).tril()
        ),
    },
    shape="a row per query, a column per key",
    axes=("query", "key"),
    kind="True or False",
    advice="not this. −∞ for later keys, the `count` highest of each row, and none that is later.",
    also={
        "−∞ for later keys": lambda scores, count: causal_top_k(scores.flip(1), count),
        "the shape is": lambda scores, count: causal_top_k(scores, count)[0],
        "True or False should come back": lambda scores, count: causal_top_k(scores, count).float(),
    },
    praise="Rows with fewer keys than the count see all there are, and never more.",
)
