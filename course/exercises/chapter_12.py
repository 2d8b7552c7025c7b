"""Chapter 12, vision: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.gating import CHANNEL_GATES
from course.exercises.in_code import Inputs, in_code
from course.exercises.placing import TOKENS_OF
from course.exercises.trying import Draw

__all__ = ["CHANNEL_GATES", "COUNTS", "LOOKED_AT", "PATCHES", "TOKENS_OF"]


def _first_wrong(given: Tensor) -> str | None:
    if len(given) != 3:
        return None
    patches, numbers, tokens = given.tolist()
    if patches == 8:
        return "8 patches lie side by side, and 8 below each other: that makes 8 × 8."
    if patches != 64:
        return f"{patches:g} patches are not right: 32 / 4 lie side by side. How many in all?"
    if numbers == 16:
        return "a patch has 4 × 4 pixels, but each pixel has three numbers, one per color."
    if numbers != 48:
        return f"a patch has not {numbers:g} numbers: height × width × colors."
    return f"{tokens:g} tokens are not right: one for each patch, and [class]."


COUNTS = by_hand(
    [64, 48, 65],
    known={"[class] is a token too.": [64, 48, 64]},
    asked="three numbers are asked for: patches, numbers in each, tokens",
    remark=_first_wrong,
    otherwise="not these.",
    also={
        "8 patches lie side by side": [8, 48, 9],
        "How many in all": [1024, 48, 1025],
        "three numbers, one per color": [64, 16, 65],
        "height × width × colors": [64, 12, 65],
        "one for each patch": [64, 48, 66],
        "three numbers are asked for": [64, 65],
    },
    praise="The matrix of the embedding is then 48 × E, and the attention map 65 × 65.",
)


def patches(image: Float[Tensor, "C Y X"], side: int) -> Float[Tensor, "N C*side*side"]:
    blocks = image.unfold(1, side, side).unfold(2, side, side)  # (C, rows, columns, side, side)
    return blocks.permute(1, 2, 0, 3, 4).flatten(2).flatten(0, 1)


def _only_reshape(image: Tensor, side: int) -> Tensor:
    return image.reshape(-1, len(image) * side * side)


def _column_after_column(image: Tensor, side: int) -> Tensor:
    return patches(image.mT, side).unflatten(1, (len(image), side, side)).mT.flatten(1)


def _turned_inside(image: Tensor, side: int) -> Tensor:
    return patches(image, side).unflatten(1, (len(image), side, side)).mT.flatten(1)


def _channels_last(image: Tensor, side: int) -> Tensor:
    return patches(image, side).unflatten(1, (len(image), -1)).mT.flatten(1)


def _overlapping(image: Tensor, side: int) -> Tensor:
    blocks = image.unfold(1, side, 1).unfold(2, side, 1)
    return blocks.permute(1, 2, 0, 3, 4).flatten(2).flatten(0, 1)


def _not_flat(image: Tensor, side: int) -> Tensor:
    return patches(image, side).unflatten(1, (len(image), side, side))


def _pictures(draw: Draw) -> Sequence[Inputs]:
    first = torch.arange(2 * 4 * 6.0).reshape(2, 4, 6), 2
    sizes = (3, 9, 6, 3), (1, 4, 8, 4), (2, 6, 2, 2), (2, 2, 3, 1)
    return [first, *((draw.normal(c, y, x), side) for c, y, x, side in sizes)]


PATCHES = in_code(
    patches,
    _pictures,
    known={
        "a row of yours is a strip of the picture, not a square: reshape alone keeps the order of "
        "the pixels. Split the axes, permute, then flatten.": _only_reshape,
        "the patches come column after column; read them row after row.": _column_after_column,
        "the pixels inside a patch are turned: row after row, there too.": _turned_inside,
        "the channels stand innermost; the order is channel, row, column.": _channels_last,
        "your patches overlap: move on by a whole side, not by a pixel.": _overlapping,
        "the patches are right, but each must be one row of numbers: flatten.": _not_flat,
    },
    shape="a row per patch",
    axes=("patch", "number"),
    advice="the shape is right, the numbers are not: print the first patch of a small picture.",
    also={
        "side = 2 the shape is (6, 8)": lambda image, side: image,
        "print the first patch": lambda image, side: patches(image, side).flip(0),
    },
    praise="These rows are the words of the picture.",
)


def looked_at(weights: Float[Tensor, "H T T"], count: int) -> list[int]:
    average = weights.mean(dim=0)  # over the heads
    row = average[0, 1:]  # from [class], to the patches
    return row.argsort(descending=True)[:count].tolist()


def _most(row: Tensor, count: int) -> list[int]:
    return list(row.argsort(descending=True)[:count].tolist())


def _maps(draw: Draw) -> Sequence[Inputs]:
    sizes = (3, 10, 4), (2, 7, 2), (5, 12, 6), (4, 6, 5)
    return [(draw.weights(heads, t, t), count) for heads, t, count in sizes]


LOOKED_AT = in_code(
    looked_at,
    _maps,
    known={
        "place 0 is [class]: leave its column out, and the patches count from 0.": (
            lambda weights, count: _most(weights.mean(dim=0)[0], count)
        ),
        "the patches count from 0: yours are one too large.": (
            lambda weights, count: [n + 1 for n in looked_at(weights, count)]
        ),
        "that is a column: how much each patch looks at [class]. Take the row of [class].": (
            lambda weights, count: _most(weights.mean(dim=0)[1:, 0], count)
        ),
        "that is the first head alone: average over all heads.": (
            lambda weights, count: _most(weights[0, 0, 1:], count)
        ),
        "that is the largest weight of any head: average over the heads.": (
            lambda weights, count: _most(weights.amax(dim=0)[0, 1:], count)
        ),
        "those are looked at least: sort with descending=True.": (
            lambda weights, count: weights.mean(dim=0)[0, 1:].argsort()[:count]
        ),
        "that averages over all queries; only [class] is read out.": (
            lambda weights, count: _most(weights.mean(dim=(0, 1))[1:], count)
        ),
        "the right patches in another order: the one looked at most comes first.": (
            lambda weights, count: sorted(looked_at(weights, count))
        ),
    },
    kind="whole numbers",
    shape="`count` numbers",
    axes=("entry",),
    advice="not these: [class]'s row, averaged over the heads, its largest weights first.",
    also={
        "its largest weights first": lambda weights, count: list(range(count)),
        "`count` numbers": lambda weights, count: looked_at(weights, 4)[:3],
        "whole numbers should come back": lambda weights, count: [
            float(n) for n in looked_at(weights, count)
        ],
    },
    praise="Blank those patches, and you have the check of this chapter.",
)
