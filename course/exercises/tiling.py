"""The online softmax over tiles of keys, to be written; chapter 14."""

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
