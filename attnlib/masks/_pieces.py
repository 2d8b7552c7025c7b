"""A mask as pieces: rows of queries, each with the stretches of keys that they see.

keys      ■ ■ ■ · · · · ·     Three packed documents are three pieces, and whoever computes them
queries   ■ ■ ■ · · · · ·     one by one never touches what lies between. What a piece's own mask
   ↓      · · · ■ ■ · · ·     hides besides, such as the future, it says itself.
          · · · · · ■ ■ ■
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from attnlib.masks.mask import Mask


class Piece(NamedTuple):
    """Some rows of queries: of all keys they see only these, as if those were all there are."""

    queries: range
    keys: tuple[range, ...]
    mask: Mask | None = None  # the last of these queries at the last of these keys; None: all seen
    above: int = 0  # rows before these, to be computed too and dropped: the triangle gets square


Pieces = tuple[Piece, ...]  # their queries follow one another: all rows, each of them once


def under_band(pieces: Pieces, band: Mask, query_length: int, key_length: int) -> Pieces | None:
    """The same pieces where a band hides keys, too; None where they would be no pieces any more."""
    edges = band.band()
    if edges is None or edges.after != 0:
        return None
    moved = key_length - query_length  # from a row to its place
    parts: list[Piece] = []
    for piece in pieces:
        if piece.mask is not None or len(piece.keys) > 1:
            return None
        if not piece.keys:
            parts.append(piece)
            continue
        rows, (keys,) = piece.queries, piece.keys
        keys = range(keys.start, max(keys.start, min(keys.stop, rows.stop + moved)))
        first = min(max(rows.start, keys.start - moved), rows.stop)
        last = min(max(rows.start, keys.stop - moved), rows.stop)
        if last < rows.stop and edges.before < math.inf:
            return None
        parts += (
            Piece(range(rows.start, first), ()),  # before the first key
            Piece(range(first, last), (keys,), band),
            Piece(range(last, rows.stop), (keys,)),  # behind the last: they see all
        )
    return tuple(part for part in parts if part.queries)


def over_causal(pieces: Pieces, causal: Mask, query_length: int, key_length: int) -> Pieces | None:
    """A beginning that all see, and causally the rest; None when the pieces are something else."""
    band = causal.band()
    if band is None or band.before < math.inf or band.after != 0 or query_length != key_length:
        return None
    if len(pieces) != 1 or pieces[0].mask is not None or len(pieces[0].keys) != 1:
        return None
    seen = pieces[0].keys[0]
    if seen.start != 0 or 2 * seen.stop > key_length:  # more than half: dropping costs too much
        return None
    return (
        Piece(range(seen.stop), (seen,)),
        Piece(range(seen.stop, query_length), (range(key_length),), causal, above=seen.stop),
    )


def by_blocks(seen: list[list[bool]], block: int, query_length: int, key_length: int) -> Pieces:
    """Queries in blocks, each with the blocks of keys that it sees; the last may be shorter."""
    moved = key_length - query_length
    pieces = []
    for place, row in enumerate(seen):
        ends = place * block, min((place + 1) * block, key_length)
        start, stop = (max(0, end - moved) for end in ends)
        keys: list[range] = []
        for other, open_to_it in enumerate(row):
            if open_to_it:
                begin, end = other * block, min((other + 1) * block, key_length)
                begin = keys.pop().start if keys and keys[-1].stop == begin else begin
                keys.append(range(begin, end))
        pieces.append(Piece(range(start, stop), tuple(keys)))
    return tuple(piece for piece in pieces if piece.queries)
