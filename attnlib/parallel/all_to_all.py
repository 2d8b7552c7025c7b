"""Heads shared out among processes, so that each attends to the whole sequence in a few heads.

before    every process: its stretch of the sequence, all heads
during    every process: the whole sequence, a share of the heads: plain attention
after     every process: its stretch again, all heads

(Jacobs et al., 2023, “DeepSpeed Ulysses”.) Two exchanges of everybody with everybody instead of the
ring's many with a neighbor.
"""

from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function

from attnlib._attention import attention
from attnlib.checks import checked
from attnlib.kernels._blocks import check_reverse_mode_only
from attnlib.masks import Mask
from attnlib.parallel._group import check_equal_lengths, everyone, waiting


@checked(one_dtype=True)
def head_parallel_attention(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | None = None,
    scale: float | None = None,
    group: dist.ProcessGroup | None = None,
) -> Float[Tensor, "B H Tq Dv"]:
    """This process's Tq rows of attention over the whole sequence, of Tk keys per process.

    `mask` is a mask of the whole sequence, without heads of its own. Every process of `group` calls
    this with its own stretch, in order of rank, all equally long.
    Raises TypeError or ValueError as `attention` does, where stretches differ in length, and where
    the query or key heads do not divide among the processes. Raises RuntimeError where another
    process has ended, or does not answer within the time-out that the group was made with.
    """
    check_reverse_mode_only("head_parallel_attention", query, key, value)
    group = everyone() if group is None else group
    check_equal_lengths(query, key, group)
    processes = dist.get_world_size(group)
    for name, states in (("query", query), ("key", key)):
        if states.shape[1] % processes:
            raise ValueError(
                f"{name} has {states.shape[1]} heads, not a multiple of {processes} processes"
            )
    whole = (_Exchange.apply(states, 1, 2, group) for states in (query, key, value))
    return _Exchange.apply(attention(*whole, mask=mask, scale=scale).output, 2, 1, group)


class _Exchange(Function):
    """All to all: the axis `give` is shared out among processes, the axis `take` made whole."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, give: int, take: int, group: dist.ProcessGroup) -> Tensor:
        ctx.give, ctx.take, ctx.group = give, take, group
        sent = torch.stack(states.chunk(dist.get_world_size(group), dim=give))
        received = torch.empty_like(sent)
        with waiting(group):
            dist.all_to_all_single(received, sent, group=group)
        return torch.cat(received.unbind(), dim=take)

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
        return _Exchange.apply(pull, ctx.take, ctx.give, ctx.group), None, None, None
