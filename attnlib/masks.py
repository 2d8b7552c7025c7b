"""Who may look at whom. A mask is a rule about the places of a query and a key.

    Causal() & Window(256)        each token sees itself and the 255 before it
    Causal() | Prefix(4)          everybody sees the first four keys, and causally the rest
    Causal() & Document(ids)      packed documents that do not see one another

Rules combine with & (both), | (either) and ~ (not). True means *may attend*. The last query stands
at the last key: with Tq ≠ Tk, query i has the place i + Tk − Tq, as decoding with a cache needs.
(PyTorch's `is_causal` starts at the top left.)
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.mask_picture import html_picture, text_picture

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
        shape = torch.broadcast_shapes(allowed.shape, (1, 1, len(places), key_length))
        return allowed.expand(shape)

    def __and__(self, other: "Mask") -> "Mask":
        return And(self, other)

    def __or__(self, other: "Mask") -> "Mask":
        return Or(self, other)

    def __invert__(self) -> "Mask":
        return Not(self)

    def text(self, query_length: int = PICTURE_LENGTH, key_length: int | None = None) -> str:
        """The mask as characters, a line a query: ■ may attend, · may not."""
        return text_picture(self.dense(query_length, key_length))

    def html(self, query_length: int = PICTURE_LENGTH, key_length: int | None = None) -> str:
        """The mask as an HTML table, for a notebook."""
        return html_picture(self.dense(query_length, key_length), title=repr(self))

    def _repr_html_(self) -> str:
        return self.html(*self.natural_lengths())

    def natural_lengths(self) -> tuple[int, int]:
        """(Tq, Tk) of a picture nobody gave a size for."""
        return PICTURE_LENGTH, PICTURE_LENGTH


@dataclass(frozen=True)
class Causal(Mask):
    """Each token sees itself and what came before: k ≤ q (Vaswani et al., 2017, section 3.2.3)."""

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return grid.key <= grid.query


@dataclass(frozen=True)
class Window(Mask):
    """Each token sees those nearer than `width`: |q − k| < width (Beltagy et al., 2020).

    A width of 1 sees only itself. With `Causal() &` it is the token and the width − 1 before it.
    Raises ValueError when `width` is less than 1.
    """

    width: int

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width counts the token itself: at least 1, got {self.width}")

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return (grid.query - grid.key).abs() < self.width


@dataclass(frozen=True)
class Prefix(Mask):
    """Every token sees the first `length` keys: k < length (prefix LM: Raffel et al., 2020)."""

    length: int

    def __post_init__(self) -> None:
        if self.length < 0:
            raise ValueError(f"length must be 0 or more, got {self.length}")

    def rule(self, grid: Grid) -> Bool[Tensor, "1 Tk"]:
        return grid.key < self.length


@dataclass(frozen=True, eq=False)
class Padding(Mask):
    """Sequence b has `lengths[b]` real keys; the rest is padding nobody sees.

    `side` says where the padding lies: "right" (k < length) or "left" (k ≥ Tk − length).
    Raises TypeError or ValueError for lengths that are not a (B,) integer tensor.
    """

    lengths: Int[Tensor, " B"]
    side: Literal["right", "left"] = "right"

    def __post_init__(self) -> None:
        _check_integers("lengths", self.lengths, dims=(1,))
        if self.side not in ("right", "left"):
            raise ValueError(f'side must be "right" or "left", got {self.side!r}')

    def rule(self, grid: Grid) -> Bool[Tensor, "B 1 1 Tk"]:
        lengths = self.lengths.to(grid.key.device)[:, None, None, None]
        real = grid.key < lengths
        return real if self.side == "right" else real.flip(-1)

    def natural_lengths(self) -> tuple[int, int]:
        longest = int(self.lengths.max()) if len(self.lengths) else 0
        return longest, longest


@dataclass(frozen=True, eq=False)
class Document(Mask):
    """Tokens see only tokens of the same document: ids[q] = ids[k], for packed sequences.

    `ids` is (T,), the same packing for the whole batch, or (B, T).
    """

    ids: Int[Tensor, "*B T"]

    def __post_init__(self) -> None:
        _check_integers("ids", self.ids, dims=(1, 2))

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
        ids = self.ids.to(grid.key.device).reshape(-1, 1, 1, grid.key_length)
        first = grid.key_length - grid.query_length
        return ids[..., first:][..., grid.rows].mT == ids

    def natural_lengths(self) -> tuple[int, int]:
        return self.ids.shape[-1], self.ids.shape[-1]


@dataclass(frozen=True, eq=False)
class Dense(Mask):
    """Any mask, given as booleans (Tq, Tk) or (B, H, Tq, Tk); an axis of size 1 holds for all.

    Three axes are refused: whether the first is the batch or the heads could only be guessed.
    """

    allowed: Bool[Tensor, "*BH #Tq #Tk"]

    def __post_init__(self) -> None:
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
            raise ValueError(f"mask has {queries} queries, but query has {grid.query_length}")
        if keys not in (1, grid.key_length):
            raise ValueError(f"mask has {keys} keys, but key has {grid.key_length}")
        allowed = self.allowed.to(grid.key.device)
        return allowed if queries == 1 else allowed[..., grid.rows, :]

    def natural_lengths(self) -> tuple[int, int]:
        return self.allowed.shape[-2], self.allowed.shape[-1]


@dataclass(frozen=True)
class And(Mask):
    """Allowed by both."""

    left: Mask
    right: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return self.left.rule(grid) & self.right.rule(grid)


@dataclass(frozen=True)
class Or(Mask):
    """Allowed by either."""

    left: Mask
    right: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return self.left.rule(grid) | self.right.rule(grid)


@dataclass(frozen=True)
class Not(Mask):
    """Allowed where the other forbids."""

    mask: Mask

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return ~self.mask.rule(grid)


def check_fits(mask: Mask | None, query: Tensor, key: Tensor) -> None:
    """Raise TypeError or ValueError unless the mask can be laid over these queries and keys."""
    if mask is None:
        return
    if not isinstance(mask, Mask):
        raise TypeError(f"mask must be a Mask or a boolean tensor, got {type(mask).__name__}")
    lengths = query.shape[2], key.shape[2]
    one_row = mask.dense(*lengths, rows=slice(0, 1), device=query.device)
    for axis, things in enumerate(("sequences", "heads")):
        if one_row.shape[axis] not in (1, query.shape[axis]):
            raise ValueError(
                f"mask is for {one_row.shape[axis]} {things}, but query has {query.shape[axis]}"
            )


def blank_unseen(states: Tensor, allowed: Bool[Tensor, "#B #H Tq Tk"]) -> Tensor:
    """Zero the keys or values (B, G, Tk, D) that no query may see.

    A weight of 0 does not stop a NaN (0 · NaN = NaN): what lies in padding must be cleared first.
    """
    seen = allowed.any(dim=-2).unsqueeze(-1)
    heads, key_heads = seen.shape[1], states.shape[1]
    if heads not in (1, key_heads):
        seen = seen.unflatten(1, (key_heads, heads // key_heads)).any(dim=2)
    return states.masked_fill(~seen, 0)


def _check_integers(name: str, values: Tensor, dims: tuple[int, ...]) -> None:
    if values.dtype.is_floating_point or values.dtype in (torch.bool, torch.complex64):
        raise TypeError(f"{name} must be integers, got {values.dtype}")
    if values.dim() not in dims:
        axes = " or ".join(str(d) for d in dims)
        raise ValueError(f"{name} must have {axes} axes, got shape {tuple(values.shape)}")
