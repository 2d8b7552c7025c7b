"""The processes that share one sequence, and what they must agree on."""

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
    dist.all_gather(everyones, mine, group=group)
    for name, lengths in zip(("query", "key"), torch.stack(everyones).T.tolist(), strict=True):
        if len(set(lengths)) > 1:
            raise ValueError(f"{name} must be as long on every process, got lengths {lengths}")
