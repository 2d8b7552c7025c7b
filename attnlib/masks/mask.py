"""What a mask is, and how rules combine: & (both), | (either), ~ (not)."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnlib._lazy import lazy
from attnlib.masks._picture import html_picture, text_picture
from attnlib.masks._pieces import Pieces, over_causal, under_band

PICTURE_LENGTH = 8


ALL = slice(None)


class Grid:
    """The places of the queries (a column) and of the keys (a row) that a mask is asked about.

    They are written out when first read: a rule about something else does not need them.
    """

    def __init__(
        self,
        query_length: int,
        key_length: int,
        rows: slice = ALL,
        device: torch.device | str | None = None,
    ) -> None:
        self.query_length = query_length
        self.key_length = key_length
        self.rows = rows
        self.device = device

    @lazy
    def query(self) -> Int[Tensor, "Tq 1"]:
        places = torch.arange(
            self.key_length - self.query_length, self.key_length, device=self.device
        )
        return (places if self.rows == ALL else places[self.rows]).unsqueeze(1)

    @lazy
    def key(self) -> Int[Tensor, "1 Tk"]:
        return torch.arange(self.key_length, device=self.device).unsqueeze(0)

    def move(self, states: Tensor) -> Tensor:
        """What a mask holds, to where queries and keys are."""
        return states.to(self.key.device if self.device is None else self.device)


class Band(NamedTuple):
    """The keys from q − before to q + after; ∞ where there is no edge."""

    before: float
    after: float


class Mask(ABC):
    """A rule saying which keys each query may attend to.

    A new mask is a class with a `rule`. What it promises besides, from the rule alone and its
    tensors unread, lets kernels skip work: `band`, `sees_itself`, `reach`, `pieces` and `fixed`
    promise nothing unless it says so. (Only `pieces` may read values, where they may be read.)
    """

    @abstractmethod
    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        """True where the query may attend to the key; broadcasts to (B, H, Tq, Tk)."""

    def dense(
        self,
        query_length: int,
        key_length: int | None = None,
        *,
        rows: slice = ALL,
        device: torch.device | str | None = None,
    ) -> Bool[Tensor, "#B #H Tq Tk"]:
        """The mask as a matrix, or some rows of it. `key_length` is by default `query_length`."""
        key_length = query_length if key_length is None else key_length
        grid = Grid(query_length, key_length, rows, device)
        allowed = self.rule(grid)
        queries = query_length if rows == ALL else grid.query.shape[0]
        return allowed.expand(*(1, 1, *allowed.shape[:-2])[-2:], queries, key_length)

    def band(self) -> Band | None:
        """The band that this mask is, no key more and none less; None when it is no band."""
        return None

    def sees_itself(self) -> bool:
        """Whether surely every token sees itself, where there are as many queries as keys."""
        band = self.band()
        return band is not None and min(band) >= 0

    def reach(self, places: range, key_length: int) -> range:
        """The keys outside which surely everything is hidden from queries at these places."""
        first, end = 0, key_length
        band = self.band()
        if band is not None and band.before < math.inf:
            first = max(first, places.start - int(band.before))
        if band is not None and band.after < math.inf:
            end = min(end, places.stop + int(band.after))
        return range(first, end)

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        """The mask as pieces, of each sequence or once for all, no key more and none less.

        None when it knows of none, or would have to read values that may not be read (in a graph,
        under vmap, on a GPU).
        """
        return None

    def fixed(self) -> bool:
        """Whether equal masks are the same rule for ever, so that a laid one may be kept."""
        return False

    def reads_places(self) -> bool:
        """Whether a query's place may matter to it, and not only its row."""
        return True

    def pads_right(self, key_length: int) -> bool:
        """Whether it is known to hide padding behind the last token of a shorter sequence."""
        return False

    def __and__(self, other: "Mask") -> "Mask":
        return And(self, _a_mask(other))

    def __or__(self, other: "Mask") -> "Mask":
        return Or(self, _a_mask(other))

    def __invert__(self) -> "Mask":
        return Not(self)

    def text(self, query_length: int | None = None, key_length: int | None = None) -> str:
        """The mask as characters, one line per query: ■ may attend, · may not."""
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
        self._check_places(grid)
        return self.left.rule(grid) & self.right.rule(grid)

    def natural_lengths(self) -> tuple[int, int] | None:
        return _larger(self.left.natural_lengths(), self.right.natural_lengths())

    def band(self) -> Band | None:
        one, other = self.left.band(), self.right.band()
        if one is None or other is None:
            return None
        return Band(min(one.before, other.before), min(one.after, other.after))

    def sees_itself(self) -> bool:
        return self.left.sees_itself() and self.right.sees_itself()

    def reach(self, places: range, key_length: int) -> range:
        one, other = (m.reach(places, key_length) for m in (self.left, self.right))
        return range(max(one.start, other.start), min(one.stop, other.stop))

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        if 1 < query_length < key_length and self.pads_right(key_length):
            return None
        for one, band in ((self.left, self.right), (self.right, self.left)):
            known = None if band.band() is None else one.pieces(query_length, key_length)
            cut = [under_band(p, band, query_length, key_length) for p in known or ()]
            if cut and None not in cut:
                return cast(list[Pieces], cut)
        return None

    def fixed(self) -> bool:
        return self.left.fixed() and self.right.fixed()

    def reads_places(self) -> bool:
        return self.left.reads_places() or self.right.reads_places()

    def pads_right(self, key_length: int) -> bool:
        return self.left.pads_right(key_length) or self.right.pads_right(key_length)

    def _check_places(self, grid: Grid) -> None:
        """Raise for several queries at the end of a padding: their tokens stand further left."""
        if torch.compiler.is_compiling() or not 1 < grid.query_length < grid.key_length:
            return
        for padding, rule in ((self.left, self.right), (self.right, self.left)):
            if rule.reads_places() and padding.pads_right(grid.key_length):
                raise ValueError(
                    f"mask has right padding, which moves the {grid.query_length} newest tokens of "
                    f"a shorter sequence away from the last of {grid.key_length} keys: "
                    'pad at the left, Padding(lengths, side="left")'
                )


@dataclass(frozen=True)
class Or(Mask):
    """Allowed by either."""

    left: Mask
    right: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return self.left.rule(grid) | self.right.rule(grid)

    def natural_lengths(self) -> tuple[int, int] | None:
        return _larger(self.left.natural_lengths(), self.right.natural_lengths())

    def sees_itself(self) -> bool:
        return self.left.sees_itself() or self.right.sees_itself()

    def reach(self, places: range, key_length: int) -> range:
        one, other = (m.reach(places, key_length) for m in (self.left, self.right))
        if not one or not other:
            return one or other
        return range(min(one.start, other.start), max(one.stop, other.stop))

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        for one, causal in ((self.left, self.right), (self.right, self.left)):
            known = None if causal.band() is None else one.pieces(query_length, key_length)
            cut = [over_causal(p, causal, query_length, key_length) for p in known or ()]
            if cut and None not in cut:
                return cast(list[Pieces], cut)
        return None

    def fixed(self) -> bool:
        return self.left.fixed() and self.right.fixed()

    def reads_places(self) -> bool:
        return self.left.reads_places() or self.right.reads_places()


@dataclass(frozen=True)
class Not(Mask):
    """Allowed where the other forbids."""

    mask: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return ~self.mask.rule(grid)

    def natural_lengths(self) -> tuple[int, int] | None:
        return self.mask.natural_lengths()

    def fixed(self) -> bool:
        return self.mask.fixed()

    def reads_places(self) -> bool:
        return self.mask.reads_places()


def _larger(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return max(one[0], other[0]), max(one[1], other[1])


def _a_mask(other: object) -> Mask:
    if not isinstance(other, Mask):
        kind = type(other).__name__
        raise TypeError(f"a mask combines with a mask, got {kind}; booleans go into Dense(…)")
    return other
