"""Selected keys."""

from functools import partial

import torch

from attnlib.sparse.compression import Compressor
from attnlib.sparse.lightning import LightningIndexer
from attnlib.sparse.native import NativeSparseAttention
from public_cases.case import Case

ROTATIONS = {"axes": {"rotations": "D rounds n/2"}, "sizes": {"rounds": 2, "n/2": 2}}


indexer = partial(LightningIndexer, 16, heads=3, head_size=4, count=2)


native = partial(
    NativeSparseAttention, 16, heads=4, key_heads=2, length=2, stride=1, block=2, count=3, window=2
)


compressor = partial(Compressor, 8, length=2, stride=1)


def a_source(numbers):
    return numbers > -1


CASES = {
    "sparse.top_k.top_k_attention": Case(given={"count": 2}, mean=True),
    "sparse.top_k.selected": Case(given={"count": 2}),
    "sparse.mixture_of_blocks.block_attention": Case(given={"block": 2, "count": 2}, mean=True),
    "sparse.mixture_of_blocks.selected": Case(given={"block": 2, "count": 2}),
    "sparse.hashing.hashed_attention": Case(given={"chunk": 2}, mean=True, **ROTATIONS),
    "sparse.hashing.hash_buckets": Case(**ROTATIONS),
    "sparse.hashing.selected": Case(given={"chunk": 2}, sizes={"rounds": 2}),
    "sparse.sorted_hashing.sorted_attention": Case(given={"chunk": 2}, mean=True, **ROTATIONS),
    "sparse.lightning.LightningIndexer": Case(indexer, fixed="E"),
    "sparse.lightning.LightningIndexer.scores": Case(indexer, fixed="E"),
    "sparse.lightning.index_scores": Case(sizes={"I": 3, "C": 4}),
    "sparse.lightning.select_tokens": Case(given={"count": 2}),
    "sparse.lightning.indexer_loss": Case(
        make={"weights": torch.abs, "allowed": lambda x: x > -1},
        axes={"allowed": "#B 1 #Tq #Tk"},
    ),
    "sparse.native.NativeSparseAttention": Case(native, fixed="E"),
    "sparse.native.NativeSparseAttention.select": Case(
        native, moved=("weights",), fixed="H", sizes={"N": 4}, make={"weights": torch.abs}
    ),
    "sparse.compression.Compressor": Case(compressor, fixed="D"),
    "sparse.compression.block_importance": Case(
        given={"length": 2, "stride": 1, "block": 2}, sizes={"N": 4}
    ),
}
