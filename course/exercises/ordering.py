"""Chapter 06: the exercise to test whether a layer knows about order."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw

Layer = Callable[[Tensor], Tensor]


def follows_the_order(layer: Layer, x: Tensor, order: Tensor) -> bool:
    return bool(torch.allclose(layer(x[order]), layer(x)[order]))


def _doubled(x: Tensor) -> Tensor:
    return 2 * x


def _attention(x: Tensor) -> Tensor:
    """Self-attention, its last digits rounded otherwise each time, as on a graphics card."""
    seen = (x @ x.T).softmax(dim=-1) @ x
    return seen * (1 + 2e-7 * torch.rand_like(seen))


def _running_sum(x: Tensor) -> Tensor:
    return x.cumsum(dim=0)


def _backward(x: Tensor) -> Tensor:
    return x.flip(0)


def _sorted(x: Tensor) -> Tensor:
    return x.sort(dim=0).values


def _with_places(x: Tensor) -> Tensor:
    return x + 0.5 * torch.arange(len(x), dtype=x.dtype)[:, None]


def _last_doubled(x: Tensor) -> Tensor:
    return torch.cat((x[:-1], 2 * x[-1:]))


def _first_doubled(x: Tensor) -> Tensor:
    return torch.cat((2 * x[:1], x[1:]))


def _shuffled_texts(draw: Draw) -> Sequence[Inputs]:
    order, other = torch.tensor([2, 0, 4, 1, 3]), torch.tensor([1, 3, 0, 2])
    stay, turned = torch.arange(4), torch.arange(3, -1, -1)
    five, four = draw.normal(5, 3), draw.normal(4, 2)
    return [
        (_doubled, five, order),
        (_attention, five, order),
        (_attention, four, other),
        *((layer, five, order) for layer in (_running_sum, _backward, _sorted, _with_places)),
        *((layer, five, order) for layer in (_last_doubled, _first_doubled)),
        (_running_sum, four, stay),
        (_backward, four, turned),
        (_backward, four, other),
    ]


_SAID: dict[Layer, str] = {
    _doubled: (
        "it says no even where each row is only doubled: the rows move along with the words, "
        "so compare with layer(x)[order], not layer(x)."
    ),
    _attention: (
        "it says no to self-attention, whose rows do move along. The last digit may be rounded "
        "otherwise: compare with torch.allclose, not with ==, and use `x` and `order` as they come."
    ),
    _running_sum: "it says yes to a running sum, whose outputs depend on what came before.",
    _backward: "it says yes to a layer that reverses the rows: compare row by row, in `order`.",
    _sorted: "it says yes to a layer that sorts each column: its rows do not move with the words.",
    _with_places: (
        "it says yes to a layer that adds each row's place: compare all numbers, not their sum."
    ),
    _last_doubled: "it says yes to a layer that doubles the last row: compare every row.",
    _first_doubled: "it says yes to a layer that doubles the first row: compare every row.",
}


def _what_it_says(
    given: Tensor, wanted: Tensor, layer: Layer, x: Tensor, order: Tensor
) -> str | None:
    if given.shape or given.dtype != torch.bool:
        return None
    if wanted and layer in (_running_sum, _backward):
        return "it does not use `order`: put the rows in that order, and in no other."
    return _SAID.get(layer)


FOLLOWS_THE_ORDER = in_code(
    follows_the_order,
    _shuffled_texts,
    known={},
    kind="True or False",
    shape="one answer, True or False",
    remark=_what_it_says,
    advice="not this.",
    also={
        "compare with layer(x)[order]": lambda layer, x, order: torch.allclose(
            layer(x[order]), layer(x)
        ),
        "compare with torch.allclose": lambda layer, x, order: bool(
            (layer(x[order]) == layer(x)[order]).all()
        ),
        "yes to a running sum": lambda layer, x, order: True,
        "reverses the rows": lambda layer, x, order: torch.allclose(
            layer(x[order]).sum(0), layer(x).sum(0)
        ),
        "sorts each column": lambda layer, x, order: (
            torch.allclose(layer(x[order]).sort(0).values, layer(x).sort(0).values)
            and layer is not _backward
        ),
        "doubles the last row": lambda layer, x, order: torch.allclose(
            layer(x[order])[0], layer(x)[order][0]
        ),
        "does not use `order`": lambda layer, x, order: (
            torch.allclose(layer(x.flip(0)), layer(x).flip(0), rtol=1e-4) and layer is not _backward
        ),
        "True or False should come back": lambda layer, x, order: float(
            follows_the_order(layer, x, order)
        ),
    },
    praise="A test of one line that tells whether a layer knows about order at all.",
)
