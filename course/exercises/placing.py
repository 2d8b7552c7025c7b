"""Chapter 12: [class], patches and their positions, from code with a bug."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def tokens_of(
    patches: Float[Tensor, "N E"], class_token: Float[Tensor, " E"], table: Float[Tensor, "1+N E"]
) -> Float[Tensor, "1+N E"]:
    return torch.cat((class_token[None], patches)) + table


def _as_given(patches: Tensor, class_token: Tensor, table: Tensor) -> Tensor:
    return torch.cat((class_token[None], patches + table[: len(patches)]))


def _class_nowhere(patches: Tensor, class_token: Tensor, table: Tensor) -> Tensor:
    return torch.cat((class_token[None], patches + table[1:]))


def _class_last(patches: Tensor, class_token: Tensor, table: Tensor) -> Tensor:
    return torch.cat((patches, class_token[None])) + table


def _last_position_for_class(patches: Tensor, class_token: Tensor, table: Tensor) -> Tensor:
    return torch.cat((class_token[None] + table[-1:], patches + table[:-1]))


def _no_positions(patches: Tensor, class_token: Tensor, table: Tensor) -> Tensor:
    return torch.cat((class_token[None], patches))


def _one_position(patches: Tensor, class_token: Tensor, table: Tensor) -> Tensor:
    return torch.cat((class_token[None], patches)) + table[0]


def _added_twice(patches: Tensor, class_token: Tensor, table: Tensor) -> Tensor:
    return torch.cat((class_token[None], patches + table[1:])) + table


def _pictures(draw: Draw) -> Sequence[Inputs]:
    sizes = (4, 3), (9, 2), (6, 5)
    return [
        (draw.normal(n, size), draw.normal(size), draw.normal(n + 1, size)) for n, size in sizes
    ]


TOKENS_OF = in_code(
    tokens_of,
    _pictures,
    known={
        "that is still what the code as given does: patch 0 gets row 0 of the table, which is "
        "[class]'s, and [class] gets none. Who stands at place 0?": _as_given,
        "the patches are right; [class] has a position, too: row 0 of the table.": _class_nowhere,
        "[class] stands first, and its row of the table is row 0.": _class_last,
        "row 0 of the table is [class]'s; you gave it the last one.": _last_position_for_class,
        "no position is added now: a bag of patches.": _no_positions,
        "every token gets the position of [class].": _one_position,
        "the patches get their positions twice.": _added_twice,
    },
    shape="a row for [class] and one per patch",
    axes=("token", "number"),
    advice="not this. Put [class] in front first; then add the table, row by row.",
    also={
        "shape is (5, 3)": lambda patches, class_token, table: patches + table[1:],
        "Put [class] in front first": lambda patches, class_token, table: (
            tokens_of(patches, class_token, table) * 2
        ),
    },
    praise="A shift by one place: no error, no wrong shape, every patch under its neighbor's name.",
)
