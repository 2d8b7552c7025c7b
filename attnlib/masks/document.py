"""Packed documents that do not see one another (Krell et al., 2021)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.checks import check_integers
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True, eq=False)
class Document(Mask):
    """Tokens see only tokens of the same document: ids[q] = ids[k], for packed sequences.

    `ids` is (T,), the same packing for the whole batch, or (B, T).
    """

    ids: Int[Tensor, "*B T"]

    def __post_init__(self) -> None:
        check_integers("ids", self.ids, dims=(1, 2))

    def rule(self, grid: Grid) -> Bool[Tensor, "#B 1 Tq Tk"]:
        if self.ids.shape[-1] != grid.key_length:
            raise ValueError(
                f"mask has document ids for {self.ids.shape[-1]} tokens, "
                f"but key has {grid.key_length}"
            )
        if grid.query_length > grid.key_length:
            raise ValueError(
                f"a Document mask needs at least as many keys as queries, "
                f"got {grid.query_length} queries and {grid.key_length} keys"
            )
        ids = torch.atleast_2d(self.ids.to(grid.key.device))[:, None, None, :]
        first = grid.key_length - grid.query_length
        return ids[..., first:][..., grid.rows].mT == ids

    def sees_itself(self) -> bool:
        return True

    def natural_lengths(self) -> tuple[int, int]:
        return self.ids.shape[-1], self.ids.shape[-1]
