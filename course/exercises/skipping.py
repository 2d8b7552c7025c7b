"""Causal attention in tiles that skips one too many, to be mended; chapter 14."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def causal_in_tiles(
    scores: Float[Tensor, "T T"], values: Float[Tensor, "T D"], rows: int, columns: int
) -> Float[Tensor, "T D"]:
    length = len(scores)
    outputs = []
    for start in range(0, length, rows):
        queries = torch.arange(start, min(start + rows, length))
        tiles = [
            torch.arange(first, min(first + columns, length))
            for first in range(0, length, columns)
            if first <= queries[-1]
        ]
        keys = torch.cat(tiles)
        hidden = keys > queries[:, None]
        weights = scores[queries][:, keys].masked_fill(hidden, -torch.inf).softmax(dim=1)
        outputs.append(weights @ values[keys])
    return torch.cat(outputs)


def _as_given(scores: Tensor, values: Tensor, rows: int, columns: int) -> Tensor:
    """Skips by the first query of the block."""
    length = len(scores)
    outputs = []
    for start in range(0, length, rows):
        end = min(start + rows, length)
        last = min(-(-(start + 1) // columns) * columns, length)
        some = scores[start:end, :last]
        hidden = torch.arange(last) > torch.arange(start, end)[:, None]
        outputs.append(some.masked_fill(hidden, -torch.inf).softmax(dim=1) @ values[:last])
    return torch.cat(outputs)


def _squares(draw: Draw) -> Sequence[Inputs]:
    sizes = ((8, 4, 2), (6, 2, 2), (7, 3, 2), (5, 1, 4), (9, 4, 3))
    return [
        (2 * draw.normal(n, n), draw.normal(n, cols + 1), rows, cols) for n, rows, cols in sizes
    ]


CAUSAL_IN_TILES = in_code(
    causal_in_tiles,
    _squares,
    known={
        "this is still the code as given. Which query of a block sees the most keys? A tile may be "
        "skipped only if that one sees none of it.": _as_given,
        "the future is not hidden inside a tile that the diagonal crosses.": (
            lambda s, v, rows, columns: torch.cat(
                [
                    s[i : i + rows, : i + rows].softmax(dim=1) @ v[: i + rows]
                    for i in range(0, len(s), rows)
                ]
            )
        ),
        "this is attention to all keys: the future is not hidden.": (
            lambda s, v, rows, columns: s.softmax(dim=1) @ v
        ),
        "a query sees itself as well: hidden are the keys after it.": (
            lambda s, v, rows, columns: torch.cat(
                [v.new_zeros(1, v.shape[1])]
                + [s[i : i + 1, :i].softmax(dim=1) @ v[:i] for i in range(1, len(s))]
            )
        ),
    },
    shape="one row per query, as wide as a value",
    axes=("query", "number"),
    advice="not causal attention yet: a query sees itself and the keys before it.",
    also={
        "not causal attention yet": lambda s, v, rows, columns: (
            (2 * s).masked_fill(torch.ones_like(s).triu(1).bool(), -torch.inf).softmax(dim=1) @ v
        ),
    },
    praise="With tiles of one size the code as given was right. So test with two sizes.",
)
