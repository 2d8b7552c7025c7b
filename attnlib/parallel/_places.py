"""Who holds what of a sequence, and which keys meet which queries.

    order         process   0         1         2         3
    contiguous              0 1       2 3       4 5       6 7
    zigzag                  0 7       1 6       2 5       3 4

Under a causal mask stretch 7 sees all and stretch 0 only itself. In zigzag order every process has
an early stretch and a late one, and all have as much to do (Dubey et al., 2024, section 3.3.2).
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from attnlib.checks import check_at_least, check_count
from attnlib.masks import Mask

Order = Literal["contiguous", "zigzag"]
ORDERS: tuple[Order, ...] = ("contiguous", "zigzag")


def places(
    length: int, processes: int, *, order: Order = "contiguous"
) -> Int[Tensor, "processes share"]:
    """Where each process's tokens stand in a sequence of `length`, a row per process.

    `tokens[:, places(length, processes)[rank]]` is what process `rank` holds.

        >>> places(8, 2, order="zigzag")
        tensor([[0, 1, 6, 7],
                [2, 3, 4, 5]])

    Raises ValueError where the sequence does not divide into equal stretches, one per process or
    two in zigzag order, and for an unknown order.
    """
    check_count("length", length)
    check_at_least(1, "processes", processes)
    held = torch.tensor([stretches(rank, processes, order) for rank in range(processes)])
    if length < 0 or length % held.numel():
        raise ValueError(
            f"length {length} does not divide into {held.numel()} stretches ({order} order)"
        )
    inside = torch.arange(length // held.numel())
    return (held.unsqueeze(2) * len(inside) + inside).flatten(1)


def stretches(rank: int, processes: int, order: Order) -> tuple[int, ...]:
    """The numbers of the stretches that a process holds. Raises ValueError for an unknown order."""
    check_order(order)
    return (rank,) if order == "contiguous" else (rank, 2 * processes - 1 - rank)


def check_order(order: str) -> None:
    """Raise ValueError unless it is one of `ORDERS`."""
    if order not in ORDERS:
        raise ValueError(f'order must be "contiguous" or "zigzag", got {order!r}')


class Block(NamedTuple):
    """A stretch of a process's queries, one of another's keys that they meet, and who sees whom."""

    stretch: int  # of the queries, counted in their process
    rows: slice
    columns: slice
    allowed: Tensor | None


class Meeting:
    """What a mask of the whole sequence says of its stretches.

    `query_length` and `key_length` are those of one process. Raises ValueError where they do not
    divide into the stretches that it holds.
    """

    def __init__(
        self,
        mask: Mask | None,
        query_length: int,
        key_length: int,
        *,
        processes: int,
        order: Order,
    ) -> None:
        self.mask, self.processes, self.order = mask, processes, order
        self.held = len(stretches(0, processes, order))
        for name, length in (("query", query_length), ("key", key_length)):
            if length % self.held:
                raise ValueError(
                    f"{name} must have an even length per process in zigzag order, got {length}"
                )
        self.query_length = query_length // self.held  # of one stretch
        self.key_length = key_length // self.held
        number = processes * self.held
        self.keys = self.key_length * number
        self.first = self.keys - self.query_length * number  # the queries are the last tokens
        self.rows = [
            slice(i * self.query_length, (i + 1) * self.query_length) for i in range(self.held)
        ]
        self.reaches = [self._reach(stretch) for stretch in range(number)]

    def turns(self) -> list[int]:
        """How far keys must travel so that all queries meet all they may see: 0, 1, … P − 1, or
        less where a mask hides whole stretches."""
        ranks = range(self.processes)
        needed = {0}
        for rank in ranks:
            for owner in ranks:
                if any(True for _ in self._pairs(rank, owner)):
                    needed.add((rank - owner) % self.processes)
        return sorted(needed)

    def blocks(self, rank: int, owner: int, device: torch.device) -> Iterator[Block]:
        """The blocks in which some query of `rank` may see some key of `owner`."""
        mine = stretches(rank, self.processes, self.order)
        theirs = stretches(owner, self.processes, self.order)
        for i, j in self._pairs(rank, owner):
            columns = slice(j * self.key_length, (j + 1) * self.key_length)
            yield Block(i, self.rows[i], columns, self._allowed(mine[i], theirs[j], device))

    def _pairs(self, rank: int, owner: int) -> Iterator[tuple[int, int]]:
        """Which stretches of the two meet, counted in each from 0."""
        for i, query in enumerate(stretches(rank, self.processes, self.order)):
            seen = self.reaches[query]
            for j, key in enumerate(stretches(owner, self.processes, self.order)):
                first = key * self.key_length
                if max(seen.start, first) < min(seen.stop, first + self.key_length):
                    yield i, j

    def _reach(self, stretch: int) -> range:
        if self.mask is None:
            return range(self.keys)
        first = self.first + stretch * self.query_length
        return self.mask.reach(range(first, first + self.query_length), self.keys)

    def _allowed(self, query: int, key: int, device: torch.device) -> Tensor | None:
        """The mask between one stretch of queries and one of keys; None where it hides nothing."""
        if self.mask is None:
            return None
        rows = slice(query * self.query_length, (query + 1) * self.query_length)
        columns = slice(key * self.key_length, (key + 1) * self.key_length)
        band = self.mask.band()
        if band is None:
            lengths = self.query_length * self.processes * self.held, self.keys
            return self.mask.dense(*lengths, rows=rows, device=device)[..., columns]
        asking = torch.arange(rows.start, rows.stop, device=device).unsqueeze(1) + self.first
        ago = asking - torch.arange(columns.start, columns.stop, device=device)
        newest = self.first + rows.stop - 1 - columns.start
        oldest = self.first + rows.start - (columns.stop - 1)
        if newest <= band.before and -oldest <= band.after:
            return None
        return ((ago <= band.before) & (-ago <= band.after))[None, None]
