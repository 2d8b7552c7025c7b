"""Masks that a query's place decides: a band of keys around it, and paddings at either end.

What kernels that go through keys from a first one to a last one can compute.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from attnlib.masks import And, Mask, Padding
from attnlib.masks._laying import LaidOnce

FAR = 2**30  # keys before and after, where a band has no edge


class Seen(NamedTuple):
    """A mask that is a band and paddings, all of which must allow a pair."""

    before: int = FAR
    after: int = FAR
    paddings: tuple[Padding, ...] = ()

    def ends(self, batch: int, key_length: int) -> tuple[Tensor | None, Tensor | None]:
        """The first key of every sequence, and the one after its last; None for all there are."""
        firsts = [key_length - p.lengths for p in self.paddings if p.side == "left"]
        ends = [p.lengths for p in self.paddings if p.side == "right"]
        return _joined(firsts, torch.maximum, batch), _joined(ends, torch.minimum, batch)


EVERYTHING = Seen()


def seen_by_place(mask: Mask | None) -> Seen | None:
    """The mask as a band and paddings; None when it is none or another."""
    mask = mask.mask if isinstance(mask, LaidOnce) else mask
    band = None if mask is None else mask.band()
    if band is not None:
        return Seen(int(min(band.before, FAR)), int(min(band.after, FAR)))
    if isinstance(mask, Padding):
        return Seen(paddings=(mask,))
    if not isinstance(mask, And):
        return None
    one, other = seen_by_place(mask.left), seen_by_place(mask.right)
    if one is None or other is None:
        return None
    before, after = min(one.before, other.before), min(one.after, other.after)
    return Seen(before, after, one.paddings + other.paddings)


def _joined(ends: list[Tensor], join: Any, batch: int) -> Tensor | None:
    if not ends:
        return None
    whole = ends[0]
    for other in ends[1:]:
        whole = join(whole, other)
    return whole.to("cpu", torch.int64).expand(batch).contiguous()
