"""Chapter 12, vision: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing
from course.exercises.gating import CHANNEL_GATES

__all__ = ["CHANNEL_GATES", "COUNTS", "LOOKED_AT", "PATCHES"]


def _fault_of_counts(answer: Sequence[int]) -> str | None:
    given = [int(number) for number in answer]
    if len(given) != 3:
        return f"three numbers are asked for: patches, numbers in each, tokens; got {len(given)}."
    patches, numbers, tokens = given
    if patches == 8:
        return "8 patches lie side by side, and 8 below each other: that makes 8 × 8."
    if patches != 64:
        return f"{patches} patches are not right: 32 / 4 lie side by side. How many in all?"
    if numbers == 16:
        return "a patch has 4 × 4 pixels, but each pixel has three numbers, one per color."
    if numbers != 48:
        return f"a patch has not {numbers} numbers: height × width × colors."
    if tokens == 64:
        return "[class] is a token too."
    if tokens != 65:
        return f"{tokens} tokens are not right: one for each patch, and [class]."
    return None


COUNTS = Exercise(
    find_fault=_fault_of_counts,
    solution=[64, 48, 65],
    mistakes={
        "8 patches lie side by side": [8, 48, 9],
        "How many in all": [1024, 48, 1025],
        "three numbers, one per color": [64, 16, 65],
        "height × width × colors": [64, 12, 65],
        "[class] is a token too": [64, 48, 64],
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


def _fault_of_patches(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(patches)."
    image, side = torch.arange(2 * 4 * 6.0).reshape(2, 4, 6), 2
    given = answer(image, side)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "a row of yours is a strip of the picture, not a square: reshape alone keeps the order of "
        "the pixels. Split the axes, permute, then flatten.": _only_reshape,
        "the patches come column after column; read them row after row.": _column_after_column,
        "the pixels inside a patch are turned: row after row, there too.": _turned_inside,
        "the channels stand innermost; the order is channel, row, column.": _channels_last,
        "your patches overlap: move on by a whole side, not by a pixel.": _overlapping,
        "the patches are right, but each must be one row of numbers: flatten.": _not_flat,
    }
    if (hint := known_mistake(given, known, image, side)) is not None:
        return hint
    if tuple(given.shape) != (6, 8):
        return (
            f"a picture (2, 4, 6) has six patches of eight numbers, (6, 8); "
            f"yours {tuple(given.shape)}."
        )
    if not close(given, patches(image, side)):
        return "the shape is right, the order is not: print the first patch of a small picture."
    return None


PATCHES = Exercise(
    find_fault=_fault_of_patches,
    solution=patches,
    mistakes={
        "reshape alone": _only_reshape,
        "column after column": _column_after_column,
        "turned": _turned_inside,
        "innermost": _channels_last,
        "overlap": _overlapping,
        "one row of numbers": _not_flat,
        "the function itself": patches(torch.zeros(1, 4, 4), 2),
        "returns nothing yet": lambda image, side: ...,
        "six patches of eight numbers": lambda image, side: image,
    },
    praise="These rows are the words of the picture.",
)


def looked_at(weights: Float[Tensor, "H T T"], count: int) -> list[int]:
    average = weights.mean(dim=0)  # over the heads
    row = average[0, 1:]  # from [class], to the patches
    return row.argsort(descending=True)[:count].tolist()


def _counts_class(weights: Tensor, count: int) -> list[int]:
    return weights.mean(dim=0)[0].argsort(descending=True)[:count].tolist()


def _column(weights: Tensor, count: int) -> list[int]:
    return weights.mean(dim=0)[1:, 0].argsort(descending=True)[:count].tolist()


def _one_head(weights: Tensor, count: int) -> list[int]:
    return weights[0, 0, 1:].argsort(descending=True)[:count].tolist()


def _least(weights: Tensor, count: int) -> list[int]:
    return weights.mean(dim=0)[0, 1:].argsort()[:count].tolist()


def _all_queries(weights: Tensor, count: int) -> list[int]:
    return weights.mean(dim=(0, 1))[1:].argsort(descending=True)[:count].tolist()


def _fault_of_looked_at(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(looked_at)."
    source = torch.Generator().manual_seed(5)
    weights = torch.randn(3, 10, 10, generator=source).mul(2).softmax(dim=-1)
    given = answer(weights, 4)
    if (fault := missing(given)) is not None:
        return fault
    given = torch.as_tensor(given).tolist()
    if given == looked_at(weights, 4):
        return None
    known = {
        "place 0 is [class]: leave its column out, and the patches count from 0.": _counts_class,
        "that is a column: how much each patch looks at [class]. Take the row of [class].": _column,
        "that is the first head alone: average over all heads.": _one_head,
        "those are looked at least: sort with descending=True.": _least,
        "that averages over all queries; only [class] is read out.": _all_queries,
    }
    for hint, mistake in known.items():
        if given == mistake(weights, 4):
            return hint
    return f"for these weights the four are {looked_at(weights, 4)}, yours {given}."


LOOKED_AT = Exercise(
    find_fault=_fault_of_looked_at,
    solution=looked_at,
    mistakes={
        "place 0 is [class]": _counts_class,
        "that is a column": _column,
        "the first head alone": _one_head,
        "looked at least": _least,
        "averages over all queries": _all_queries,
        "the four are": lambda weights, count: list(range(count)),
        "the function itself": [3, 1, 2, 0],
        "returns nothing yet": lambda weights, count: ...,
    },
    praise="Blank those patches, and you have the check of this chapter.",
)
