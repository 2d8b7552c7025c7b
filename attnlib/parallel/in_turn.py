"""A ring on one process, for reading and for tests: every rank's turns one after another."""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.masks import Mask
from attnlib.parallel._group import check_mask
from attnlib.parallel._places import Meeting, Order, check_order, places
from attnlib.parallel.ring import meet, nothing_seen
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of


@checked(one_dtype=True)
def ring_in_turn(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    processes: int,
    mask: Mask | None = None,
    scale: float | None = None,
    order: Order = "contiguous",
) -> Float[Tensor, "B H Tq Dv"]:
    """The ring's forward pass on one process, for reading: every rank's turns one after another.

    Raises ValueError where the sequence does not divide into equal stretches, one per process or
    two in zigzag order.
    """
    check_mask(mask)
    check_order(order)
    check_at_least(1, "processes", processes)
    processes = int(processes)  # of a shape it is a tensor while a graph is traced
    for name, states in (("query", query), ("key", key)):
        if states.shape[2] % processes:
            raise ValueError(
                f"{name} has length {states.shape[2]}, not a multiple of {processes} processes"
            )
    lengths = query.shape[2] // processes, key.shape[2] // processes
    meeting = Meeting(mask, *lengths, processes=processes, order=order)
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    asking = places(query.shape[2], processes, order=order)
    held = places(key.shape[2], processes, order=order)
    outputs = []
    for rank in range(processes):
        mine = query[:, :, asking[rank]]
        seen = nothing_seen(mine, value, meeting)
        for turn in meeting.turns():
            owner = (rank - turn) % processes
            keys, values = (states[:, :, held[owner]] for states in (key, value))
            meet(seen, mine, keys, values, meeting, rank, owner, scale)
        outputs += [part.output for part in seen]
    in_order = asking.flatten().argsort().to(query.device)
    return torch.cat(outputs, dim=2)[:, :, in_order].to(query.dtype)
