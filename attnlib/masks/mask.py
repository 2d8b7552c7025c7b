"""What a mask is, and how rules combine: & (both), | (either), ~ (not)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.masks._picture import html_picture, text_picture

PICTURE_LENGTH = 8


@dataclass(frozen=True)
class Grid:
    """The places of the queries (a column) and of the keys (a row) that a mask is asked about."""

    query: Int[Tensor, "Tq 1"]
    key: Int[Tensor, "1 Tk"]
    rows: slice
    query_length: int
    key_length: int


class Mask(ABC):
    """A rule saying which keys each query may attend to."""

    @abstractmethod
    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        """True where the query may attend to the key; broadcasts to (B, H, Tq, Tk)."""

    def dense(
        self,
        query_length: int,
        key_length: int | None = None,
        *,
        rows: slice = slice(None),
        device: torch.device | str | None = None,
    ) -> Bool[Tensor, "#B #H Tq Tk"]:
        """The mask as a matrix, or some rows of it. `key_length` is by default `query_length`."""
        key_length = query_length if key_length is None else key_length
        places = torch.arange(query_length, device=device)[rows] + (key_length - query_length)
        keys = torch.arange(key_length, device=device)
        allowed = self.rule(Grid(places[:, None], keys[None, :], rows, query_length, key_length))
        shape = torch.broadcast_shapes(allowed.shape, (1, 1, places.shape[0], key_length))
        return allowed.expand(shape)

    def __and__(self, other: "Mask") -> "Mask":
        return And(self, _a_mask(other))

    def __or__(self, other: "Mask") -> "Mask":
        return Or(self, _a_mask(other))

    def __invert__(self) -> "Mask":
        return Not(self)

    def text(self, query_length: int | None = None, key_length: int | None = None) -> str:
        """The mask as characters, a line a query: ■ may attend, · may not."""
        return text_picture(self._picture(query_length, key_length))

    def html(self, query_length: int | None = None, key_length: int | None = None) -> str:
        """The mask as an HTML table, for a notebook."""
        return html_picture(self._picture(query_length, key_length), title=repr(self))

    def _repr_html_(self) -> str:
        return self.html()

    def _picture(self, query_length: int | None, key_length: int | None) -> Tensor:
        if query_length is None:
            natural = self.natural_lengths() or (PICTURE_LENGTH, PICTURE_LENGTH)
            query_length, key_length = natural[0], key_length or natural[1]
        return self.dense(query_length, key_length)

    def natural_lengths(self) -> tuple[int, int] | None:
        """The (Tq, Tk) that the mask was made for; None when it fits any."""
        return None


@dataclass(frozen=True)
class And(Mask):
    """Allowed by both."""

    left: Mask
    right: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return self.left.rule(grid) & self.right.rule(grid)

    def natural_lengths(self) -> tuple[int, int] | None:
        return _larger(self.left.natural_lengths(), self.right.natural_lengths())


@dataclass(frozen=True)
class Or(Mask):
    """Allowed by either."""

    left: Mask
    right: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return self.left.rule(grid) | self.right.rule(grid)

    def natural_lengths(self) -> tuple[int, int] | None:
        return _larger(self.left.natural_lengths(), self.right.natural_lengths())


@dataclass(frozen=True)
class Not(Mask):
    """Allowed where the other forbids."""

    mask: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return ~self.mask.rule(grid)

    def natural_lengths(self) -> tuple[int, int] | None:
        return self.mask.natural_lengths()


def _larger(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return max(one[0], other[0]), max(one[1], other[1])


def _a_mask(other: object) -> Mask:
    if not isinstance(other, Mask):
        kind = type(other).__name__
        raise TypeError(f"a mask combines with a mask, got {kind}; booleans go into Dense(…)")
    return other
