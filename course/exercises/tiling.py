"""The loops of FlashAttention, to be written and to be mended; chapter 14."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def in_tiles(
    scores: Float[Tensor, "Tq Tk"], values: Float[Tensor, "Tk D"], tile: int
) -> Float[Tensor, "Tq D"]:
    largest = torch.full((len(scores), 1), -torch.inf)
    total, output = torch.zeros(len(scores), 1), torch.zeros(len(scores), values.shape[1])
    for i in range(0, scores.shape[1], tile):
        some = scores[:, i : i + tile]
        before = largest
        largest = torch.maximum(before, some.amax(dim=1, keepdim=True))
        weights = (some - largest).exp()
        fading = (before - largest).exp()
        total = total * fading + weights.sum(dim=1, keepdim=True)
        output = output * fading + weights @ values[i : i + tile]
    return output / total


def _in_tiles(
    scores: Tensor,
    values: Tensor,
    tile: int,
    *,
    fade_sum: bool = True,
    fade_output: bool = True,
    inverted: bool = False,
    divided: bool = True,
    last: bool = True,
) -> Tensor:
    """The same without one of its steps."""
    largest = torch.full_like(scores[:, :1], -torch.inf)
    total, output = torch.zeros_like(largest), scores.new_zeros(len(scores), values.shape[1])
    end = scores.shape[1] if last else scores.shape[1] // tile * tile
    for start in range(0, end, tile):
        some = scores[:, start : start + tile]
        before, largest = largest, torch.maximum(largest, some.amax(dim=1, keepdim=True))
        weights = (some - largest).exp()
        fading = (before - largest).exp()
        fading = 1 / fading.clamp(min=1e-30) if inverted and start else fading
        total = total * (fading if fade_sum else 1) + weights.sum(dim=1, keepdim=True)
        output = output * (fading if fade_output else 1) + weights @ values[start : start + tile]
    return output / total if divided else output


def _averaged(scores: Tensor, values: Tensor, tile: int) -> Tensor:
    """Softmax in each tile by itself, and the mean of what comes out."""
    parts = [
        scores[:, i : i + tile].softmax(dim=1) @ values[i : i + tile]
        for i in range(0, scores.shape[1], tile)
    ]
    return torch.stack(parts).mean(dim=0)


def _tiles(draw: Draw) -> Sequence[Inputs]:
    """Some with a short last tile, some with the largest score in the last tile, one in one."""
    rising = torch.arange(7.0).expand(3, 7) + draw.normal(3, 7)
    return [
        (2 * draw.normal(3, 8), draw.normal(8, 2), 4),
        (2 * draw.normal(2, 7), draw.normal(7, 3), 3),
        (rising, draw.normal(7, 2), 2),
        (draw.normal(4, 5), draw.normal(5, 1), 5),
        (40 * draw.normal(2, 6), draw.normal(6, 4), 1),
    ]


IN_TILES = in_code(
    in_tiles,
    _tiles,
    known={
        "the sum must fade, too, when a larger score turns up: times exp(before − largest).": (
            lambda s, v, tile: _in_tiles(s, v, tile, fade_sum=False)
        ),
        "what was summed up from the values must fade when a larger score turns up.": (
            lambda s, v, tile: _in_tiles(s, v, tile, fade_output=False)
        ),
        "neither sum fades when a larger score turns up: both were weighed by the old largest.": (
            lambda s, v, tile: _in_tiles(s, v, tile, fade_sum=False, fade_output=False)
        ),
        "what was there grows where it should fade: exp(before − largest) is at most 1.": (
            lambda s, v, tile: _in_tiles(s, v, tile, inverted=True)
        ),
        "at the end the weighted sum is divided by the sum of the weights.": (
            lambda s, v, tile: _in_tiles(s, v, tile, divided=False)
        ),
        "the last tile is left out when it is shorter than the others.": (
            lambda s, v, tile: _in_tiles(s, v, tile, last=False)
        ),
        "each tile has a softmax of its own here. One sum runs through all tiles.": _averaged,
    },
    shape="one row per query, as wide as a value",
    axes=("query", "number"),
    advice="not yet attention: in one go it would be scores.softmax(dim=1) @ values.",
    also={
        "not yet attention": lambda s, v, tile: (2 * s).softmax(dim=1) @ v,
    },
    praise="Exact, with `tile` scores per query in memory at a time, however many keys there are.",
)


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


def merged(
    outputs: Float[Tensor, "P T D"], logsumexps: Float[Tensor, "P T"]
) -> Float[Tensor, "T D"]:
    return (logsumexps.softmax(dim=0).unsqueeze(-1) * outputs).sum(dim=0)


def _by_logarithms(outputs: Tensor, logsumexps: Tensor) -> Tensor:
    shares = logsumexps / logsumexps.sum(dim=0)
    return (shares.unsqueeze(-1) * outputs).sum(dim=0)


MERGED = in_code(
    merged,
    lambda draw: [
        (draw.normal(2, 3, 2), draw.normal(2, 3) + 3),
        (draw.normal(3, 2, 4), 2 * draw.normal(3, 2) + 5),
        (draw.normal(1, 4, 2), draw.normal(1, 4)),
        (draw.normal(4, 1, 3), draw.normal(4, 1) + 300),
    ],
    known={
        "this is the plain mean. A part with larger scores holds more of the weight.": (
            lambda outputs, logsumexps: outputs.mean(dim=0)
        ),
        "each part's output is divided already. Weigh the parts by shares that sum to 1.": (
            lambda outputs, logsumexps: outputs.sum(dim=0)
        ),
        "you shared by the logarithms. The sums themselves are their exponentials.": _by_logarithms,
        "the weighted sum of the parts is still to be divided by the sum of all weights.": (
            lambda outputs, logsumexps: (logsumexps.exp().unsqueeze(-1) * outputs).sum(dim=0)
        ),
        "the shares go the wrong way: the larger logsumexp has the larger share.": (
            lambda outputs, logsumexps: merged(outputs, -logsumexps)
        ),
        "exp of a large logsumexp overflows: take away the largest first, as softmax does.": (
            lambda outputs, logsumexps: (
                (logsumexps.exp() / logsumexps.exp().sum(dim=0)).unsqueeze(-1) * outputs
            ).sum(dim=0)
        ),
    },
    shape="one row per query, as wide as a value",
    axes=("query", "number"),
    advice="not yet the output over all keys: part p holds the share exp(logsumexp p) of the sum.",
    also={"not yet the output": lambda outputs, logsumexps: outputs[0]},
    praise="So parts of the keys can be attended to anywhere, even on another machine.",
)
