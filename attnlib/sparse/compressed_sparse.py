"""Compressed sparse attention (CSA): a window, and the best of many small entries.

(DeepSeek-AI, 2026, DeepSeek-V4, section 2.3.1.)
"""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.compressed import CompressedCache
from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.layout import split_heads
from attnlib.masks import Dense, Mask, as_mask
from attnlib.masks._laying import check_fits
from attnlib.sparse import lightning
from attnlib.sparse._best import best
from attnlib.sparse.gated_windows import GatedWindows
from attnlib.sparse.heavily_compressed import HeavilyCompressedAttention


class CompressedSparseAttention(HeavilyCompressedAttention):
    """As `HeavilyCompressedAttention`, but the entries overlap, and only the best `count` are seen.

        I_iw = Σ_j w_ij · ReLU(R(i)·qᴵ_ij · R(w·length)·entryᴵ_w)        (equations 13 to 17)

    The indexer makes entries of its own over the same windows, `index_size` numbers each, and its
    queries qᴵ from the latent that the heads' queries come from. In DeepSeek-V4 an entry is made
    every 4 tokens, from 8: 512 and 128 numbers, in 16 bits 320 bytes per token. Choosing has no
    gradient: the indexer learns from `lightning.indexer_loss` of its `index_scores` and the heads'
    weights of the entries.

    - `count`: of the entries that a token sees. `index_heads`, `index_size`: of the indexer.
    - The other arguments are those of `HeavilyCompressedAttention`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        count: int,
        index_heads: int,
        index_size: int,
        query_latent_size: int,
        length: int,
        **options: Any,
    ) -> None:
        super().__init__(size, heads, query_latent_size=query_latent_size, length=length, **options)
        check_at_least(1, "count", count)
        check_at_least(1, "index_heads", index_heads)
        if index_size < self.rotary_size:
            raise ValueError(f"index_size {index_size} is below rotary_size {self.rotary_size}")
        self.count, self.index_heads = count, index_heads
        self.index_query = nn.Linear(query_latent_size, index_heads * index_size, bias=False)
        self.index_weight = nn.Linear(size, index_heads, bias=False)
        self.index_entries = self._windows(size, index_size, length)

    def _windows(self, size: int, head_size: int, length: int) -> GatedWindows:
        return GatedWindows(size, head_size, length=length, overlapping=True)

    @checked
    def index_scores(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B 1 T N"]:
        """I of every token and entry, also of entries that are not finished at the token."""
        check_sequence("x", x, self.state)
        return self._scores(x, self.query_latent(x), None)

    def _chosen(
        self, x: Tensor, latent: Tensor, finished: Tensor, cache: CompressedCache | None
    ) -> Bool[Tensor, "B 1 T N"]:
        return select(self._scores(x, latent, cache), count=self.count, mask=finished).allowed

    def _scores(
        self, x: Tensor, latent: Tensor, cache: CompressedCache | None
    ) -> Float[Tensor, "B 1 T N"]:
        end, kept = (x.shape[1], None) if cache is None else (cache.length, cache.index_entries)
        places = torch.arange(end - x.shape[1], end, device=x.device)
        query = self._turn(split_heads(self.index_query(latent), self.index_heads), places)
        entries = self._entries(self.index_entries, x, kept)
        return lightning.index_scores(query, entries, self.index_weight(x).mT)


@checked
def select(
    scores: Float[Tensor, "B 1 T N"],
    *,
    count: int,
    mask: Mask | Bool[Tensor, "*B1 #T #N"],
) -> Dense:
    """The `count` entries with the highest scores, of those finished (`mask`) at the token."""
    allowed = as_mask(mask).dense(*scores.shape[2:], device=scores.device)
    check_fits(allowed, scores)
    return Dense(best(scores, count, allowed.expand_as(scores)))
