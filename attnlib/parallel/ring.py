"""One sequence over several processes: each holds a part of it (torch.distributed).

    process     0          1          2          3
    queries     stay       stay       stay       stay
    keys        → pass round the ring, until every query has met every key →

(Liu, Zaharia & Abbeel, 2023, “Ring Attention”.) Every process merges what it sees by logsumexp, as
tiles do; the result is exact, and no process ever holds all keys. While a process computes with
some keys, they are on their way to the next. In the backward pass keys and values go round again,
and their gradients behind them, which are complete when they are home.

A mask that hides whole stretches saves their work; where no process needs a turn of the ring, keys
leap over it: under a window they come as far as somebody sees them, and no further. In zigzag order
a causal mask leaves every process as much to do (`places`); a window is even as it is, and wants
the tokens in their own order.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function

from attnlib.checks import checked
from attnlib.kernels._blocks import (
    attend_block,
    block_gradients,
    check_no_second_derivative,
    check_reverse_mode_only,
)
from attnlib.kernels.online import Partial, merge, no_keys
from attnlib.masks import Mask
from attnlib.parallel._group import check_equal_lengths, check_mask, everyone, send_on
from attnlib.parallel._places import Meeting, Order, check_order
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
    order: Order = "contiguous",
    group: dist.ProcessGroup | None = None,
) -> Float[Tensor, "B H Tq Dv"]:
    """This process's Tq rows of attention over the whole sequence, of Tk keys per process.

    `mask` is a mask of the whole sequence. Every process of `group` (by default of the world) calls
    this with its own tokens, those at `places(length, processes, order=order)[rank]`, all equally
    many.
    Raises TypeError or ValueError as `attention` does, where lengths differ, and for an odd one in
    zigzag order. Raises RuntimeError where another process has ended, or does not answer within the
    time-out that the group was made with.
    """
    check_mask(mask)
    check_order(order)
    check_reverse_mode_only("ring_attention", query, key, value)
    group = everyone() if group is None else group
    check_equal_lengths(query, key, group)
    lengths, processes = (query.shape[2], key.shape[2]), dist.get_world_size(group)
    meeting = Meeting(mask, *lengths, processes=processes, order=order)
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    return _Ring.apply(query, key, value, meeting, scale, group)


class _Ring(Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        meeting: Meeting,
        scale: float,
        group: dist.ProcessGroup,
    ) -> Tensor:
        k, v, seen = key, value, nothing_seen(query, value, meeting)
        for owner, leap, last in _round(meeting, group):
            arriving = send_on([] if last else [k, v], leap, group)
            meet(seen, query, k, v, meeting, dist.get_rank(group), owner, scale)
            if not last:
                k, v = arriving()
        output, logsumexp = (torch.cat(part, dim=2) for part in zip(*seen, strict=True))
        ctx.save_for_backward(query, key, value, output, logsumexp)
        ctx.meeting, ctx.scale, ctx.group = meeting, scale, group
        return output.to(query.dtype, copy=True)

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
        check_no_second_derivative("ring_attention")
        query, key, value, output, logsumexp = ctx.saved_tensors
        pull = pull.to(output.dtype)
        delta = (pull * output).sum(dim=-1)
        d_query, d_key, d_value = (
            torch.zeros_like(s, dtype=output.dtype) for s in (query, key, value)
        )
        types = query.dtype, key.dtype, value.dtype
        for owner, leap, last in _round(ctx.meeting, ctx.group):
            arriving = send_on([] if last else [key, value], leap, ctx.group)
            for _, rows, columns, allowed in ctx.meeting.blocks(
                dist.get_rank(ctx.group), owner, query.device
            ):
                found = block_gradients(
                    query[:, :, rows],
                    key[:, :, columns],
                    value[:, :, columns],
                    allowed,
                    None,
                    ctx.scale,
                    pull[:, :, rows],
                    delta[:, :, rows],
                    logsumexp[:, :, rows],
                )
                d_query[:, :, rows] += found.query
                d_key[:, :, columns] += found.key
                d_value[:, :, columns] += found.value
            d_key, d_value = send_on([d_key, d_value], leap, ctx.group, first_tag=2)()
            if not last:
                key, value = arriving()
        gradients = zip((d_query, d_key, d_value), types, strict=True)
        return (*(gradient.to(dtype) for gradient, dtype in gradients), None, None, None)


def _round(meeting: Meeting, group: dist.ProcessGroup) -> Iterator[tuple[int, int, bool]]:
    """Turn by turn: whose keys are here, how far they go next, and whether that is home."""
    rank, processes = dist.get_rank(group), dist.get_world_size(group)
    for here, there in pairwise([*meeting.turns(), processes]):
        yield (rank - here) % processes, there - here, there == processes


def nothing_seen(query: Tensor, value: Tensor, meeting: Meeting) -> list[Partial]:
    """What each stretch of the queries has seen before the first turn."""
    return [no_keys(query[:, :, rows], value) for rows in meeting.rows]


def meet(
    seen: list[Partial],
    query: Tensor,
    key: Tensor,
    value: Tensor,
    meeting: Meeting,
    rank: int,
    owner: int,
    scale: float,
) -> None:
    """Add to what the queries of `rank` have seen, stretch by stretch, the owner's keys."""
    for stretch, rows, columns, allowed in meeting.blocks(rank, owner, query.device):
        part = attend_block(
            query[:, :, rows], key[:, :, columns], value[:, :, columns], allowed, None, scale
        )
        seen[stretch] = merge(seen[stretch], part)
