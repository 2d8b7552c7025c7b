"""How many bytes a process sends, counted where they leave it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch.distributed as dist
from torch import Tensor


@dataclass
class Sent:
    """So many `bytes` in so many `messages`, from this process to others."""

    bytes: int = 0
    messages: int = 0

    def add(self, states: Tensor, messages: int = 1, share: float = 1.0) -> None:
        self.bytes += round(share * states.numel() * states.element_size())
        self.messages += messages


@contextmanager
def counted() -> Iterator[Sent]:
    """What this process sends to its neighbors, or to all by an all-to-all, while it is in here."""
    sent = Sent()
    batch, all_to_all = dist.batch_isend_irecv, dist.all_to_all_single

    def counted_batch(operations: list[dist.P2POp]) -> Any:
        for operation in operations:
            if operation.op is dist.isend:
                sent.add(operation.tensor)
        return batch(operations)

    def counted_all_to_all(output: Tensor, input: Tensor, *rest: Any, **options: Any) -> Any:
        others = dist.get_world_size(options.get("group")) - 1
        sent.add(input, messages=others, share=others / (others + 1))  # its own part stays
        return all_to_all(output, input, *rest, **options)

    with (
        patch.object(dist, "batch_isend_irecv", counted_batch),
        patch.object(dist, "all_to_all_single", counted_all_to_all),
    ):
        yield sent
