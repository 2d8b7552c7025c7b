"""Which tokens a hash throws together, as a mask that is laid only when it is read."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor

from attnlib.masks import Grid, Mask, as_mask
from attnlib.masks._laying import lay

BEHIND_ALL = 2**62


@dataclass(frozen=True, eq=False)
class Hashed(Mask):
    """Same bucket, and same or next-earlier chunk, in any round; itself only when alone."""

    buckets: Int[Tensor, "B H rounds T"]
    chunk: int
    causal: bool
    mask: Mask | None

    def rule(self, grid: Grid) -> Bool[Tensor, "B H Tq T"]:
        chunks = self.buckets.argsort(dim=-1, stable=True).argsort(dim=-1) // self.chunk
        back = chunks[..., grid.rows, None] - chunks.unsqueeze(-2)
        same = self.buckets[..., grid.rows, None] == self.buckets.unsqueeze(-2)
        seen = (same & ((back == 0) | (back == 1))).any(dim=2)
        if self.causal:
            seen = seen & (grid.key <= grid.query)
        itself = grid.key == grid.query
        others = seen & ~itself
        if self.mask is not None:
            allowed = self.mask.rule(grid)
            others, itself = others & allowed, itself & allowed
        return others | (itself & ~others.any(dim=-1, keepdim=True))


def without_hidden(
    query: Float[Tensor, "B H T D"], mask: Mask | Tensor | None
) -> tuple[Float[Tensor, "B H T D"], Bool[Tensor, "#B #H T 1"] | None]:
    """Zeros for the tokens that no query may see; and which ones some query may."""
    if mask is None:
        return query, None
    seen = lay(as_mask(mask), query, query).any(dim=-2).unsqueeze(-1)
    return query.masked_fill(~seen, 0), seen


def hidden_last(
    buckets: Int[Tensor, "B H rounds T"], seen: Bool[Tensor, "#B #H T 1"] | None
) -> Int[Tensor, "B H rounds T"]:
    """The buckets, where hidden tokens have one that sorts behind all others."""
    return buckets if seen is None else buckets.masked_fill(~seen.mT, BEHIND_ALL)
