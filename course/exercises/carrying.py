"""Chapter 19: what a head takes from each key, and several layers' maps in one, from a bug."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def sizes(weights: Tensor, value: Tensor, output: Tensor) -> Tensor:
    return weights * (value @ output.T).norm(dim=1)


def _heads(draw: Draw) -> Sequence[Inputs]:
    shapes = (4, 3, 5), (3, 2, 6), (5, 4, 7)
    return [
        (draw.weights(length, length), draw.normal(length, d), draw.normal(size, d))
        for length, d, size in shapes
    ]


SIZES = in_code(
    sizes,
    _heads,
    known={
        "this is the length of the value itself: what is added has passed Wo.": (
            lambda weights, value, output: weights * value.norm(dim=1)
        ),
        "the lengths stand on the queries' axis: what is carried belongs to a key, a column.": (
            lambda weights, value, output: weights * (value @ output.T).norm(dim=1)[:, None]
        ),
        "these are the weights alone.": lambda weights, value, output: weights,
        "these are the lengths alone, the same for every query: multiply by the weights.": (
            lambda weights, value, output: (value @ output.T).norm(dim=1).expand_as(weights)
        ),
        "the length is squared: take the root.": (
            lambda weights, value, output: weights * (value @ output.T).square().sum(dim=1)
        ),
        "these are shares, divided by the row's sum; sizes are asked for.": (
            lambda weights, value, output: (
                sizes(weights, value, output)
                / sizes(weights, value, output).sum(dim=1, keepdim=True)
            )
        ),
        "this is the length of the sum that each query gets; one number per pair is asked for.": (
            lambda weights, value, output: (weights @ value @ output.T).norm(dim=1)
        ),
        "these are sums of absolute numbers; the length is the root of the sum of squares.": (
            lambda weights, value, output: weights * (value @ output.T).abs().sum(dim=1)
        ),
    },
    shape="a row per query, a column per key",
    axes=("query", "key"),
    advice="not this. Entry (i, j) is wᵢⱼ times the length of vⱼ · Woᵀ.",
    also={"Entry (i, j) is": lambda weights, value, output: sizes(weights, value, output) + 1},
    praise="A sink has much weight and a short value: it carries next to nothing.",
)


def rolled_out(maps: Tensor) -> Tensor:
    rolled = torch.eye(maps.shape[-1]).to(maps)
    for layer in maps.mean(dim=1):
        rolled = (0.5 * layer + 0.5 * torch.eye(len(layer)).to(layer)) @ rolled
    return rolled


def _product(maps: Tensor, *, turned: bool = False, residual: float = 0.5) -> Tensor:
    rolled = itself = torch.eye(maps.shape[-1])
    for layer in maps.mean(dim=1):
        mixed = (1 - residual) * layer + residual * itself
        rolled = rolled @ mixed if turned else mixed @ rolled
    return rolled


def _stacks(draw: Draw) -> Sequence[Inputs]:
    return [(draw.weights(*shape),) for shape in ((3, 2, 4, 4), (2, 4, 3, 3), (4, 3, 5, 5))]


ROLLED_OUT = in_code(
    rolled_out,
    _stacks,
    known={
        "this is still the code as given. Who looks at whom: does the last layer look at the "
        "tokens, or at what the layer before made of them?": (
            lambda maps: _product(maps, turned=True)
        ),
        "the residual is gone: half of each token stays where it is.": (
            lambda maps: _product(maps, residual=0.0)
        ),
        "this is the mean of the maps, not their product: it follows nothing through a layer.": (
            lambda maps: maps.mean(dim=(0, 1))
        ),
        "the result is transposed: a row per token that looks.": lambda maps: rolled_out(maps).T,
        "the heads are added up, not averaged: rows no longer sum to 1.": (
            lambda maps: rolled_out(maps * maps.shape[1])
        ),
        "the first layer is left out.": lambda maps: rolled_out(maps[1:]),
        "the last layer is left out.": lambda maps: rolled_out(maps[:-1]),
        "only the first head is followed.": lambda maps: rolled_out(maps[:, :1]),
    },
    shape="a row per token at the end, a column per token at the start",
    axes=("token", "source"),
    advice="not this. Each layer mixes what the ones before gave: mixed @ rolled.",
    also={"Each layer mixes": lambda maps: rolled_out(maps) ** 2},
    praise="The last layer looks first: its map stands on the left of the product.",
)
