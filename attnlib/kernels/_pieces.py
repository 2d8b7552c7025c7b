"""What hides nothing inside: documents, padded sequences and blocks, one call for each piece.

keys      ■ ■ ■ · · · · ·     A mask over all pairs makes a kernel compute them all and throw most
queries   ■ ■ ■ · · · · ·     away. Where the mask knows its pieces, each is a small attention of
   ↓      · · · ■ ■ · · ·     its own, and PyTorch's kernel computes it with no mask at all.
          · · · · · ■ ■ ■

Sequences whose pieces are the same are computed together.
"""

from itertools import groupby, pairwise
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked, unchecked
from attnlib.kernels._banded import banded
from attnlib.kernels._sdpa import sdpa
from attnlib.masks import Mask, as_mask
from attnlib.masks._pieces import Piece, Pieces
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of


@checked(one_dtype=True)
def pieces(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale) · v, piece by piece of a mask that knows its pieces.

    Raises ValueError for any other mask, and for a bias.
    """
    mask = as_mask(mask)
    if bias is not None:
        raise ValueError('impl="pieces" cannot compute a bias; impl="sdpa" can')
    known = None if mask is None else mask.pieces(query.shape[2], key.shape[2])
    if known is None or len(known) not in (1, query.shape[0]):
        raise ValueError(
            f'impl="pieces" computes masks that know their pieces here, got {mask}; '
            'impl="sdpa" takes any mask'
        )
    see = _Piecewise(scale_of(scaled_dot, scale, query.shape[-1]), dropout_p)
    alike = [(one, len(list(some))) for one, some in groupby(known)]
    if len(alike) == 1:
        return see.all(known[0], query, key, value)
    counts = [count for _, count in alike]
    cut = (states.split(counts) for states in (query, key, value))
    parts = [see.all(one, *states) for (one, _), *states in zip(alike, *cut, strict=True)]
    return torch.cat(parts)


def work(known: list[Pieces], batch: int) -> tuple[float, int]:
    """How many pairs of a query and a key are computed, and by how many calls.

    PyTorch's causal kernel skips the future in steps of 512 keys: little of it where keys are few.
    """
    pairs, calls = 0.0, 0
    times = batch if len(known) == 1 else 1
    for one, some in groupby(known):
        count = times * len(list(some))
        calls += len(one)
        for piece in one:
            seen = sum(len(keys) for keys in piece.keys)
            share = 1.0 if piece.mask is None or not seen else min(1, 0.5 + 256 / seen)
            pairs += count * (len(piece.queries) + piece.above) * seen * share
    return pairs, calls


class _Piecewise(NamedTuple):
    """How the queries of every piece look at its keys."""

    scale: float
    dropout_p: float

    def all(self, pieces: Pieces, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """All pieces of some sequences, below one another."""
        if len(pieces) == 1 and len(pieces[0].keys) == 1:
            seen = slice(pieces[0].keys[0].start, pieces[0].keys[0].stop)
            return self.one(pieces[0], query, key[:, :, seen], value[:, :, seen])
        keys, values = _Stretches(key, pieces), _Stretches(value, pieces)
        rows = query.split([len(piece.queries) for piece in pieces], dim=2)
        parts = []
        for piece, asking in zip(pieces, rows, strict=True):
            if piece.above:
                asking = query[:, :, piece.queries.start - piece.above : piece.queries.stop]
            output = self.one(piece, asking, keys.of(piece), values.of(piece))
            parts.append(output[:, :, piece.above :])
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)

    def one(self, piece: Piece, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        band = None if piece.mask is None else piece.mask.band()
        narrow = band is not None and 2 * (band.before + 1) <= key.shape[2]
        attend = _banded if narrow and 1 < query.shape[2] <= key.shape[2] else _sdpa
        return attend(
            query, key, value, mask=piece.mask, scale=self.scale, dropout_p=self.dropout_p
        )


_sdpa, _banded = unchecked(sdpa), unchecked(banded)


class _Stretches:
    """A sequence cut wherever a piece begins or ends.

    Cut once, since the gradient of each slice of its own would be as long as the whole sequence.
    """

    def __init__(self, states: Float[Tensor, "B G T D"], pieces: Pieces) -> None:
        stretches = [keys for piece in pieces for keys in piece.keys]
        ends = {end for keys in stretches for end in (keys.start, keys.stop)}
        cuts = sorted({0, states.shape[2], *ends})
        sizes = [stop - start for start, stop in pairwise(cuts)]
        self.places = {place: number for number, place in enumerate(cuts)}
        self.parts = states.split(sizes, dim=2) if sizes else (states,)
        self.none = states[:, :, :0]

    def of(self, piece: Piece) -> Float[Tensor, "B G K D"]:
        """The keys of a piece, side by side."""
        parts = [
            part
            for keys in piece.keys
            for part in self.parts[self.places[keys.start] : self.places[keys.stop]]
        ]
        if not parts:
            return self.none
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
