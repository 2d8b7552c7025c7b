"""Sparse layers for the needles of chapter 16 that make keys and values in their own way.

Each sees about as much as MoBA's, four blocks of eight tokens: NSA four blocks, besides an overview
and a window of four; CSA and HCA entries of four and eight tokens, besides the window.
"""

from collections.abc import Callable
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.attended import Attended
from attnlib.masks import Causal, Dense
from attnlib.sparse import lightning
from attnlib.sparse.compressed_sparse import CompressedSparseAttention
from attnlib.sparse.heavily_compressed import HeavilyCompressedAttention
from attnlib.sparse.native import NativeSparseAttention

SIZE, HEADS, WINDOW = 64, 2, 4
BLOCK, COUNT = 8, 4  # of NSA; HCA's entries hold a block
ENTRY, ENTRIES = 4, 8  # of CSA: read 8 tokens each, one every 4
SHARED = {"head_size": 32, "rotary_size": 4, "query_latent_size": 32, "window": WINDOW}


class TaughtCompressedSparse(nn.Module):
    """CSA that sees all entries in training, while its indexer learns which of them count."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = CompressedSparseAttention(
            SIZE, HEADS, length=ENTRY, count=ENTRIES, index_heads=2, index_size=16, **SHARED
        )
        self.lesson: Tensor | float = 0.0
        self.seen: list[Attended] = []
        self.layer.attend.register_forward_hook(self.keep)

    def keep(self, _: nn.Module, __: Any, seen: Attended) -> None:
        self.seen = [seen]

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        tokens = x.shape[1]
        self.layer.count = tokens if self.training else ENTRIES
        mixed: Tensor = self.layer(x)
        if self.training:
            finished = self.layer.compress.finished(Causal().dense(tokens))
            weights = self.seen[0].weights[..., tokens:]
            scores = self.layer.index_scores(x.detach())
            self.lesson = lightning.indexer_loss(scores, weights, mask=Dense(finished)) / tokens
        return mixed


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "NSA": lambda: NativeSparseAttention(
        SIZE, HEADS, length=BLOCK, stride=ENTRY, block=BLOCK, count=COUNT, window=WINDOW
    ),
    "HCA": lambda: HeavilyCompressedAttention(SIZE, HEADS, length=BLOCK, **SHARED),
    "CSA": TaughtCompressedSparse,
}
