"""A causal ring whose mask knows no places, to be mended; chapter 18."""

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import in_code


def causal_ring(
    query: Float[Tensor, "P S D"], key: Float[Tensor, "P S D"], value: Float[Tensor, "P S D"]
) -> Float[Tensor, "P S D"]:
    processes, share, size = query.shape
    place = torch.arange(processes * share).view(processes, share)
    outputs = []
    for rank in range(processes):
        scores, values = [], []
        for turn in range(processes):
            owner = (rank - turn) % processes
            block = query[rank] @ key[owner].T / size**0.5
            hidden = place[owner] > place[rank][:, None]
            scores.append(block.masked_fill(hidden, -torch.inf))
            values.append(value[owner])
        weights = torch.cat(scores, dim=1).softmax(dim=1)
        outputs.append(weights @ torch.cat(values))
    return torch.stack(outputs)


def _masked(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor, scale: float) -> Tensor:
    processes, share, _ = query.shape
    scores = query.flatten(0, 1) @ key.flatten(0, 1).T * scale
    weights = scores.masked_fill(hidden, -torch.inf).softmax(dim=1)
    return (weights @ value.flatten(0, 1)).view(processes, share, -1)


def _as_given(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Every block under a triangle of its own."""
    processes, share, size = query.shape
    triangle = torch.ones(share, share).triu(1).bool()
    return _masked(query, key, value, triangle.repeat(processes, processes), size**-0.5)


def _earlier_whole(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The own stretch without a mask."""
    processes, share, size = query.shape
    owner = torch.arange(processes).repeat_interleave(share)
    return _masked(query, key, value, owner > owner[:, None], size**-0.5)


def _own_alone(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    processes, share, size = query.shape
    place = torch.arange(processes * share)
    owner = place // share
    hidden = (place > place[:, None]) | (owner != owner[:, None])
    return _masked(query, key, value, hidden, size**-0.5)


CAUSAL_RING = in_code(
    causal_ring,
    lambda draw: [
        (draw.normal(1, 4, 3), draw.normal(1, 4, 3), draw.normal(1, 4, 3)),
        (draw.normal(3, 2, 4), draw.normal(3, 2, 4), draw.normal(3, 2, 4)),
        (draw.normal(2, 3, 2), draw.normal(2, 3, 2), draw.normal(2, 3, 2)),
    ],
    known={
        "this is still the code as given: every block is masked as if it held the same tokens as "
        "the queries. Where do the keys of `owner` stand in the whole sequence?": _as_given,
        "inside its own stretch a query sees the future: there the triangle is right.": (
            _earlier_whole
        ),
        "each process sees its own keys alone: those of earlier ones are seen, all of them.": (
            _own_alone
        ),
        "this is attention to all keys: the future is not hidden.": lambda query, key, value: (
            _masked(query, key, value, torch.zeros(1, 1).bool(), query.shape[2] ** -0.5)
        ),
        "the scores are not divided by √D.": lambda query, key, value: causal_ring(
            query * query.shape[2] ** 0.5, key, value
        ),
    },
    shape="a row per query of each process, as wide as a value",
    axes=("process", "query", "number"),
    advice="not causal attention yet: a query sees itself and the tokens before it, also those of "
    "processes before its own.",
    also={"not causal attention yet": lambda query, key, value: causal_ring(2 * query, key, value)},
    praise="With one process the code as given was right, and every row summed to 1.",
)
