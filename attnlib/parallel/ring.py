"""One sequence over several processes: each holds a stretch of it (torch.distributed).

    process     0          1          2          3
    queries     stay       stay       stay       stay
    keys        → pass round the ring, until every query has met every key →

(Liu, Zaharia & Abbeel, 2023, “Ring Attention”.) Every process merges what it sees by logsumexp, as
tiles do; the result is exact, and no process ever holds all keys. In the backward pass keys and
values go round again, with their gradients, which are complete when they are home.

Contiguous stretches load a causal ring unevenly: the first process waits for the last.
"""

from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function

from attnlib.checks import check_at_least, checked
from attnlib.kernels._blocks import (
    attend_block,
    block_gradients,
    check_no_second_derivative,
    check_reverse_mode_only,
)
from attnlib.kernels.online import merge, no_keys
from attnlib.masks import Mask
from attnlib.parallel._group import check_equal_lengths, check_mask, everyone
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of


@checked(one_dtype=True)
def ring_attention(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | None = None,
    scale: float | None = None,
    group: dist.ProcessGroup | None = None,
) -> Float[Tensor, "B H Tq Dv"]:
    """This process's Tq rows of attention over the whole sequence, of Tk keys per process.

    `mask` is a mask of the whole sequence. Every process of `group` (by default of the world) calls
    this with its own stretch, in order of rank, all equally long.
    Raises TypeError or ValueError as `attention` does, and where stretches differ in length.
    """
    check_mask(mask)
    check_reverse_mode_only("ring_attention", query, key, value)
    group = everyone() if group is None else group
    check_equal_lengths(query, key, group)
    return _Ring.apply(query, key, value, mask, scale_of(scaled_dot, scale, query.shape[-1]), group)


class _Ring(Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Mask | None,
        scale: float,
        group: dist.ProcessGroup,
    ) -> Tensor:
        rank, processes = dist.get_rank(group), dist.get_world_size(group)
        seen, travelling = no_keys(query, value), [key, value]
        for step in range(processes):
            owner = (rank - step) % processes
            if _meets(mask, rank, owner, processes, query, key):
                allowed = _stretch(mask, rank, owner, processes, query, key)
                k, v = travelling
                seen = merge(seen, attend_block(query, k, v, allowed, None, scale))
            if step < processes - 1:
                travelling = _pass_on(travelling, group)
        ctx.save_for_backward(query, key, value, *seen)
        ctx.mask, ctx.scale, ctx.group = mask, scale, group
        return seen.output.to(query.dtype, copy=True)

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
        check_no_second_derivative("ring_attention")
        query, key, value, output, logsumexp = ctx.saved_tensors
        rank, processes = dist.get_rank(ctx.group), dist.get_world_size(ctx.group)
        pull = pull.to(output.dtype)
        delta = (pull * output).sum(dim=-1)
        d_query, d_key, d_value = (
            torch.zeros_like(s, dtype=output.dtype) for s in (query, key, value)
        )
        for step in range(processes):
            owner = (rank - step) % processes
            if _meets(ctx.mask, rank, owner, processes, query, key):
                allowed = _stretch(ctx.mask, rank, owner, processes, query, key)
                keys = (key, value, allowed, None, ctx.scale)
                gradients = block_gradients(query, *keys, pull, delta, logsumexp)
                d_query += gradients.query
                d_key, d_value = d_key + gradients.key, d_value + gradients.value
            key, value, d_key, d_value = _pass_on([key, value, d_key, d_value], ctx.group)
        return (
            d_query.to(query.dtype),
            d_key.to(key.dtype),
            d_value.to(value.dtype),
            None,
            None,
            None,
        )


@checked(one_dtype=True)
def ring_in_turn(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    processes: int,
    mask: Mask | None = None,
    scale: float | None = None,
) -> Float[Tensor, "B H Tq Dv"]:
    """The ring's forward pass on one process, for reading: every rank's turns one after another.

    Raises ValueError where the sequence does not divide into `processes` stretches.
    """
    check_mask(mask)
    check_at_least(1, "processes", processes)
    for name, states in (("query", query), ("key", key)):
        if states.shape[2] % processes:
            raise ValueError(
                f"{name} has length {states.shape[2]}, not a multiple of {processes} processes"
            )
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    queries, keys, values = (states.chunk(processes, dim=2) for states in (query, key, value))
    outputs = []
    for rank, mine in enumerate(queries):
        seen = no_keys(mine, value)
        for step in range(processes):
            owner = (rank - step) % processes
            if _meets(mask, rank, owner, processes, mine, keys[0]):
                allowed = _stretch(mask, rank, owner, processes, mine, keys[0])
                seen = merge(
                    seen, attend_block(mine, keys[owner], values[owner], allowed, None, scale)
                )
        outputs.append(seen.output)
    return torch.cat(outputs, dim=2).to(query.dtype)


def _pass_on(tensors: list[Tensor], group: dist.ProcessGroup) -> list[Tensor]:
    """Send each to the next process of the ring, and receive the previous one's."""
    rank, processes = dist.get_rank(group), dist.get_world_size(group)
    after = dist.get_global_rank(group, (rank + 1) % processes)
    before = dist.get_global_rank(group, (rank - 1) % processes)
    if processes == 1:
        return tensors
    sent = [states.contiguous() for states in tensors]
    received = [torch.empty_like(states) for states in sent]
    sending = [dist.P2POp(dist.isend, s, after, group, tag) for tag, s in enumerate(sent)]
    receiving = [dist.P2POp(dist.irecv, s, before, group, tag) for tag, s in enumerate(received)]
    for request in dist.batch_isend_irecv(sending + receiving):
        request.wait()
    return received


def _meets(
    mask: Mask | None, rank: int, owner: int, processes: int, query: Tensor, key: Tensor
) -> bool:
    """Whether the mask may let this rank's queries see any key of the owner's stretch."""
    query_length, key_length = query.shape[2], key.shape[2]
    first = (key_length - query_length) * processes + rank * query_length
    places, keys = range(first, first + query_length), key_length * processes
    seen = range(keys) if mask is None else mask.reach(places, keys)
    return max(seen.start, owner * key_length) < min(seen.stop, (owner + 1) * key_length)


def _stretch(
    mask: Mask | None, rank: int, owner: int, processes: int, query: Tensor, key: Tensor
) -> Tensor | None:
    """The mask between this rank's queries and the owner's keys."""
    if mask is None:
        return None
    query_length, key_length = query.shape[2], key.shape[2]
    rows = slice(rank * query_length, (rank + 1) * query_length)
    columns = slice(owner * key_length, (owner + 1) * key_length)
    lengths = query_length * processes, key_length * processes
    return mask.dense(*lengths, rows=rows, device=query.device)[..., columns]
