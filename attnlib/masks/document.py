"""Packed documents that do not see one another (Krell et al., 2021)."""

from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.checks import check_integers, may_read
from attnlib.masks._pieces import Piece, Pieces
from attnlib.masks.mask import ALL, Grid, Mask


@dataclass(frozen=True, eq=False)
class Document(Mask):
    """Tokens see only tokens of the same document: ids[q] = ids[k], for packed sequences.

    `ids` is (T,), the same packing for the whole batch, or (B, T). Fewer queries than keys are the
    last tokens of the same packing, as in decoding. Queries packed by themselves, as in
    cross-attention between packed sequences, have `query_ids` of their own, (Tq,) or (B, Tq).
    """

    ids: Int[Tensor, "*B T"]
    query_ids: Int[Tensor, "*B Tq"] | None = None

    def __post_init__(self) -> None:
        check_integers("ids", self.ids, dims=(1, 2))
        if self.query_ids is not None:
            check_integers("query_ids", self.query_ids, dims=(1, 2))

    def rule(self, grid: Grid) -> Bool[Tensor, "#B 1 Tq Tk"]:
        if self.ids.shape[-1] != grid.key_length:
            raise ValueError(
                f"mask has document ids for {self.ids.shape[-1]} tokens, "
                f"but key has {grid.key_length}"
            )
        ids = _broadcast(self.ids, grid)
        asking = self._asking(ids, grid)
        return (asking if grid.rows == ALL else asking[..., grid.rows]).mT == ids

    def _asking(self, ids: Tensor, grid: Grid) -> Int[Tensor, "#B 1 1 Tq"]:
        """The queries' documents: their own ids, or the last of the keys'."""
        if self.query_ids is None:
            if grid.query_length > grid.key_length:
                raise ValueError(
                    f"a Document mask needs at least as many keys as queries, or query_ids; "
                    f"got {grid.query_length} queries and {grid.key_length} keys"
                )
            earlier = grid.key_length - grid.query_length
            return ids[..., earlier:] if earlier else ids
        if self.query_ids.shape[-1] != grid.query_length:
            raise ValueError(
                f"mask has query_ids for {self.query_ids.shape[-1]} tokens, "
                f"but query has {grid.query_length}"
            )
        return _broadcast(self.query_ids, grid)

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        fits = self.ids.shape[-1] == key_length >= query_length and self.query_ids is None
        if not fits or not may_read(self.ids):
            return None
        every = self.ids.unbind() if self.ids.dim() == 2 else (self.ids,)
        cut = [_runs(ids, key_length - query_length) for ids in every]
        return None if None in cut or not cut else cast(list[Pieces], cut)

    def sees_itself(self) -> bool:
        return self.query_ids is None

    def natural_lengths(self) -> tuple[int, int]:
        asking = self.ids if self.query_ids is None else self.query_ids
        return asking.shape[-1], self.ids.shape[-1]


def _runs(ids: Int[Tensor, " T"], earlier: int) -> Pieces | None:
    """One piece for each document, less its `earlier` queries; None when one lies in two parts."""
    documents, lengths = torch.unique_consecutive(ids, return_counts=True)
    if len(set(documents.tolist())) < len(documents):
        return None
    pieces, start = [], 0
    for length in lengths.tolist():
        keys = range(start, start + length)
        rows = range(max(0, start - earlier), max(0, keys.stop - earlier))
        start = keys.stop
        if rows:
            pieces.append(Piece(rows, (keys,)))
    return tuple(pieces)


def _broadcast(ids: Tensor, grid: Grid) -> Int[Tensor, "#B 1 1 T"]:
    ids = grid.move(ids)
    return (ids if ids.dim() == 2 else ids.unsqueeze(0)).unsqueeze(1).unsqueeze(1)
