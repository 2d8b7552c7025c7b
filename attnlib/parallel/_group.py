"""The processes that share one sequence: what they must agree on, and what they send around."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor

from attnlib.masks import Mask


def everyone() -> dist.ProcessGroup:
    """The group of all processes. Raises RuntimeError when there is none yet."""
    group = dist.group.WORLD
    if group is None:
        raise RuntimeError("no process group: call torch.distributed.init_process_group first")
    return group


def check_mask(mask: object) -> None:
    """Raise unless `mask` is a Mask or None."""
    if mask is not None and not isinstance(mask, Mask):
        kind = type(mask).__name__
        raise TypeError(f"mask must be a Mask of the whole sequence, got {kind}")


def check_equal_lengths(query: Tensor, key: Tensor, group: dist.ProcessGroup) -> None:
    """Raise unless all processes hold stretches of the same length."""
    mine = torch.tensor([query.shape[2], key.shape[2]], device=query.device)
    everyones = [torch.empty_like(mine) for _ in range(dist.get_world_size(group))]
    with waiting(group):
        dist.all_gather(everyones, mine, group=group)
    for name, lengths in zip(("query", "key"), torch.stack(everyones).T.tolist(), strict=True):
        if len(set(lengths)) > 1:
            raise ValueError(f"{name} must be as long on every process, got lengths {lengths}")


def send_on(
    tensors: list[Tensor], by: int, group: dist.ProcessGroup, *, first_tag: int = 0
) -> Callable[[], list[Tensor]]:
    """Send each to the process that stands `by` further in the ring, and receive as much.

    What is given back waits for what is received, which may come while this process computes. What
    is on its way at the same time needs tags of its own.
    """
    rank, processes = dist.get_rank(group), dist.get_world_size(group)
    if not tensors or by % processes == 0:
        return lambda: tensors
    after = dist.get_global_rank(group, (rank + by) % processes)
    before = dist.get_global_rank(group, (rank - by) % processes)
    sent = [states.contiguous() for states in tensors]
    received = [torch.empty_like(states) for states in sent]
    sending = [dist.P2POp(dist.isend, s, after, group, t) for t, s in enumerate(sent, first_tag)]
    receiving = [
        dist.P2POp(dist.irecv, r, before, group, t) for t, r in enumerate(received, first_tag)
    ]
    with waiting(group):
        requests = dist.batch_isend_irecv(sending + receiving)

    def arrived() -> list[Tensor]:
        with waiting(group):
            for request in requests:
                request.wait()
        return received

    return arrived


@contextmanager
def waiting(group: dist.ProcessGroup) -> Iterator[None]:
    """Says which process waited in vain, where one of the others is gone or too late."""
    try:
        yield
    except RuntimeError as error:
        rank, processes = dist.get_rank(group), dist.get_world_size(group)
        raise RuntimeError(
            f"process {rank} of {processes} waited in vain: another one has ended, or did not "
            f"answer within the group's time-out ({error})"
        ) from error
