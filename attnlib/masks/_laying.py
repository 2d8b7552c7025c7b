"""A mask laid over queries and keys, at most once per call."""

from functools import lru_cache
from typing import overload

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import may_read
from attnlib.masks._pieces import Pieces
from attnlib.masks.dense import as_mask
from attnlib.masks.mask import Band, Grid, Mask

ALL = slice(None)
KEPT_WITH_OUTPUT = 2**20  # pairs: 1 MiB
KEPT = 64  # laid masks that are kept and found again …
KEPT_PAIRS = 256 * 256  # … each of at most so many pairs: 4 MiB in all


class LaidOnce(Mask):
    """A mask during one call: it is laid when first needed, and then kept."""

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        self.whole: Tensor | None = None
        self.known: tuple[int, int, list[Pieces] | None] | None = None

    def rule(self, grid: Grid) -> Bool[Tensor, "*#BH #Tq #Tk"]:
        return self.mask.rule(grid)

    def dense(
        self,
        query_length: int,
        key_length: int | None = None,
        *,
        rows: slice = ALL,
        device: torch.device | str | None = None,
    ) -> Bool[Tensor, "#B #H Tq Tk"]:
        key_length = query_length if key_length is None else key_length
        whole = self.whole
        if whole is not None and whole.shape[-2:] == (query_length, key_length):
            return whole if rows == ALL else whole[..., rows, :]
        if rows != ALL:
            return self.mask.dense(query_length, key_length, rows=rows, device=device)
        self.whole = _laid(self.mask, query_length, key_length, torch.device(device or "cpu"))
        return self.whole

    def band(self) -> Band | None:
        return self.mask.band()

    def sees_itself(self) -> bool:
        return self.mask.sees_itself()

    def reach(self, places: range, key_length: int) -> range:
        return self.mask.reach(places, key_length)

    def reads_places(self) -> bool:
        return self.mask.reads_places()

    def pads_right(self, key_length: int) -> bool:
        return self.mask.pads_right(key_length)

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        if self.known is None or self.known[:2] != (query_length, key_length):
            known = self.mask.pieces(query_length, key_length)
            self.known = query_length, key_length, known
        return self.known[2]

    def natural_lengths(self) -> tuple[int, int] | None:
        return self.mask.natural_lengths()

    def __repr__(self) -> str:
        return repr(self.mask)


@overload
def laid_once(mask: Mask | Tensor) -> LaidOnce: ...


@overload
def laid_once(mask: Mask | Tensor | None) -> LaidOnce | None: ...


def laid_once(mask: Mask | Tensor | None) -> LaidOnce | None:
    """The mask for the length of a call, which all its parts hand on to one another."""
    mask = as_mask(mask)
    return mask if mask is None or isinstance(mask, LaidOnce) else LaidOnce(mask)


def kept(mask: LaidOnce | None) -> LaidOnce | None:
    """The mask as it is laid, if that is little enough to be kept with the output."""
    if mask is None or mask.whole is None or torch.compiler.is_compiling():
        return mask
    return mask if mask.whole.numel() <= KEPT_WITH_OUTPUT else None


def _laid(
    mask: Mask, query_length: int, key_length: int, device: torch.device
) -> Bool[Tensor, "#B #H Tq Tk"]:
    """The mask as a matrix; a small one of a fixed rule is kept from call to call."""
    # In a graph sizes may be tensors; a mode may make tensors of its own.
    if not may_read() or not mask.fixed() or query_length * key_length > KEPT_PAIRS:
        return mask.dense(query_length, key_length, device=device)
    return _kept(mask, query_length, key_length, device)


@lru_cache(maxsize=KEPT)
def _kept(
    mask: Mask, query_length: int, key_length: int, device: torch.device
) -> Bool[Tensor, "#B #H Tq Tk"]:
    with torch.inference_mode(False):  # else no later call could learn with it
        return mask.dense(query_length, key_length, device=device)


def lay(mask: Mask, query: Tensor, key: Tensor, rows: slice = ALL) -> Bool[Tensor, "#B #H #Tq #Tk"]:
    """Where these queries may look. Raises ValueError when the mask is for other sizes."""
    allowed = mask.dense(query.shape[2], key.shape[2], rows=rows, device=query.device)
    check_fits(allowed, query)
    return allowed


def check_fits(allowed: Bool[Tensor, "#B #H #Tq #Tk"], query: Tensor) -> None:
    """Raise unless the mask is for as many sequences and heads as there are, or for all."""
    for axis, things in ((0, "sequences"), (1, "heads")):
        count = allowed.shape[axis]
        if count != 1 and count != query.shape[axis]:
            raise ValueError(f"mask is for {count} {things}, but query has {query.shape[axis]}")


def visible(
    allowed: Bool[Tensor, "#B #H #Tq #Tk"] | None, bias: Float[Tensor, "#B #H #Tq #Tk"] | None
) -> Bool[Tensor, "#B #H #Tq #Tk"] | None:
    """Where neither the mask hides nor a bias of −∞; None when there is neither."""
    if bias is None:
        return allowed
    unhidden = bias != -torch.inf
    return unhidden if allowed is None else allowed & unhidden


@overload
def blank_hidden(
    x: Tensor, context: Tensor, mask: Mask | Tensor | None
) -> tuple[Tensor, Tensor]: ...


@overload
def blank_hidden(x: Tensor, context: None, mask: Mask | Tensor | None) -> tuple[Tensor, None]: ...


def blank_hidden(
    x: Float[Tensor, "B Tq E"],
    context: Float[Tensor, "B Tk C"] | None,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None,
) -> tuple[Float[Tensor, "B Tq E"], Float[Tensor, "B Tk C"] | None]:
    """Zero the tokens of x that see nothing and those of the context that nobody sees; when x looks
    at itself, the tokens that are both.

    What `blank_unseen` does for queries and keys, before they are projected: else a NaN in padding
    would reach the gradients of the projection's weights. Pass on what `laid_once` gives, and the
    attention behind it need not lay the mask again.
    """
    mask = as_mask(mask)
    if mask is None or (context is None and mask.sees_itself()):
        return x, context
    keys = x if context is None else context
    allowed = mask.dense(x.shape[1], keys.shape[1], device=x.device)
    _check_batch(allowed, x)
    asks = any_along(allowed, 3).any(dim=1).unsqueeze(-1)  # (#B, Tq, 1)
    seen = any_along(allowed, 2).any(dim=1).unsqueeze(-1)  # (#B, Tk, 1)
    if context is None:
        return x.masked_fill(~(asks | seen), 0), None
    return x.masked_fill(~asks, 0), context.masked_fill(~seen, 0)


def unseen_keys(
    mask: Mask, x: Float[Tensor, "B T E"], before: int = 0
) -> Bool[Tensor, "#B #H T"] | None:
    """The tokens of x, behind `before` others, that no query of x may see; None when surely none.

    Whatever mixes tokens outside of attention itself, such as a gate that fades all before it, must
    leave these out: else padding between real tokens would be read after all.
    """
    if mask.sees_itself():
        return None
    tokens = x.shape[1]
    allowed = mask.dense(tokens, before + tokens, device=x.device)
    _check_batch(allowed, x)
    return ~any_along(allowed, 2)[..., before:]


def _check_batch(allowed: Tensor, x: Tensor) -> None:
    if allowed.shape[0] not in (1, x.shape[0]):
        raise ValueError(
            f"mask is for {allowed.shape[0]} sequences, but x has batch size {x.shape[0]}"
        )


def blank_unseen(states: Tensor, allowed: Bool[Tensor, "#B #H Tq Tk"]) -> Tensor:
    """Zero the keys or values (B, G, Tk, D) that no query may see (and, with the mask turned
    over, the queries that may see no key).

    A weight of 0 does not stop a NaN (0 · NaN = NaN): what lies in padding must be cleared first.
    """
    return states.masked_fill(~seen_keys(allowed, states.shape[1]), 0)


def seen_keys(allowed: Bool[Tensor, "#B #H Tq Tk"], key_heads: int) -> Bool[Tensor, "#B #G Tk 1"]:
    """The keys that some query may see, of the heads that share one key head or of all."""
    seen = any_along(allowed, 2).unsqueeze(-1)
    heads = seen.shape[1]
    if heads in (1, key_heads):
        return seen
    return seen.unflatten(1, (key_heads, heads // key_heads)).any(dim=2)


def any_along(allowed: Bool[Tensor, "#B #H #Tq #Tk"], dim: int) -> Bool[Tensor, "#B #H T"]:
    """`allowed.any(dim)`; on the CPU as a maximum of bytes, which is some forty times faster."""
    if not may_read(allowed) or not allowed.shape[dim]:
        return allowed.any(dim)
    if allowed.stride(dim) == 0:  # the same row over and over
        return allowed.select(dim, 0)
    return allowed.view(torch.uint8).amax(dim).view(torch.bool)
