"""Any mask, written out."""

from dataclasses import dataclass
from typing import overload

import torch
from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_tensor
from attnlib.masks.mask import ALL, Grid, Mask


@dataclass(frozen=True, eq=False)
class Dense(Mask):
    """Any mask, given as booleans (Tq, Tk) or (B, H, Tq, Tk); an axis of size 1 holds for all.

    Three axes are refused: whether the first is the batch or the heads could only be guessed.
    """

    allowed: Bool[Tensor, "*BH #Tq #Tk"]

    def __post_init__(self) -> None:
        check_tensor("mask", self.allowed)
        if self.allowed.dtype != torch.bool:
            raise TypeError(
                f"mask must be boolean (True = may attend), got {self.allowed.dtype}; "
                "numbers to add to the scores go to bias="
            )
        if self.allowed.dim() not in (2, 4):
            raise ValueError(
                "mask must have the axes (Tq, Tk) or (B, H, Tq, Tk), "
                f"got {tuple(self.allowed.shape)}"
            )

    def rule(self, grid: Grid) -> Bool[Tensor, "*BH #Tq #Tk"]:
        queries, keys = self.allowed.shape[-2:]
        if queries not in (1, grid.query_length):
            padding = self.allowed.dim() == 2 and keys == grid.key_length
            hint = "; for (B, Tk) padding there is masks.Padding(lengths)" if padding else ""
            raise ValueError(f"mask has {queries} queries, but query has {grid.query_length}{hint}")
        if keys not in (1, grid.key_length):
            raise ValueError(f"mask has {keys} keys, but key has {grid.key_length}")
        allowed = grid.move(self.allowed)
        return allowed if queries == 1 or grid.rows == ALL else allowed[..., grid.rows, :]

    def reads_places(self) -> bool:
        return False

    def natural_lengths(self) -> tuple[int, int]:
        return self.allowed.shape[-2], self.allowed.shape[-1]


@overload
def as_mask(mask: None) -> None: ...


@overload
def as_mask(mask: Mask | Bool[Tensor, "*BH #Tq #Tk"]) -> Mask: ...


@overload
def as_mask(mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None) -> Mask | None: ...


def as_mask(mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None) -> Mask | None:
    """The mask itself, or the one that booleans spell out. Raises TypeError for anything else."""
    if mask is None or isinstance(mask, Mask):
        return mask
    if not isinstance(mask, Tensor):
        raise TypeError(f"mask must be a Mask or a boolean tensor, got {type(mask).__name__}")
    return Dense(mask)
