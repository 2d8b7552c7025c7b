"""Sparse layers for the needles of chapter 16 that make keys and values in their own way.

Each sees about as much as MoBA's, four blocks of eight tokens: NSA four blocks, besides an overview
and a window of four; CSA eight entries, one for every four tokens, and HCA all entries of eight
tokens, both besides the window.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from attnlib import record_attention
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

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        tokens = x.shape[1]
        self.layer.count = tokens if self.training else ENTRIES
        with record_attention(self.layer) as seen:
            mixed: Tensor = self.layer(x)
        if self.training:
            finished = Dense(self.layer.compress.finished(Causal().dense(tokens)))
            weights = seen[""].weights[..., tokens:]
            scores = self.layer.index_scores(x.detach())
            self.lesson = lightning.indexer_loss(scores, weights, mask=finished) / tokens
        return mixed


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "NSA": lambda: NativeSparseAttention(
        SIZE, HEADS, length=BLOCK, stride=ENTRY, block=BLOCK, count=COUNT, window=WINDOW
    ),
    "CSA": TaughtCompressedSparse,
    "HCA": lambda: HeavilyCompressedAttention(SIZE, HEADS, length=BLOCK, **SHARED),
}
