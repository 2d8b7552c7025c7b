"""Selected keys."""

from functools import partial

import torch

from attnlib import masks
from attnlib.sparse.block_gate import BlockGate
from attnlib.sparse.compressed_sparse import CompressedSparseAttention
from attnlib.sparse.dynamic_mask import DynamicMaskAttention
from attnlib.sparse.gated_windows import GatedWindows
from attnlib.sparse.heavily_compressed import HeavilyCompressedAttention
from attnlib.sparse.lightning import LightningIndexer
from attnlib.sparse.mean_blocks import MeanBlockIndexer
from attnlib.sparse.native import NativeSparseAttention
from attnlib.sparse.reuse import ReusedIndex
from public_cases.case import Case

ROTATIONS = {"axes": {"rotations": "D rounds n/2"}, "sizes": {"rounds": 2, "n/2": 2}}


indexer = partial(LightningIndexer, 16, heads=3, head_size=4, count=2)


native = partial(
    NativeSparseAttention, 16, heads=4, key_heads=2, length=2, stride=1, block=2, count=3, window=2
)


STATES = {"head_size": 8, "rotary_size": 4, "query_latent_size": 6, "length": 2, "window": 2}


compressed = partial(HeavilyCompressedAttention, 16, heads=4, **STATES)


chosen_entries = partial(
    CompressedSparseAttention, 16, heads=4, count=1, index_heads=3, index_size=4, **STATES
)


gate = partial(BlockGate, 8, heads=4, key_heads=2, block=2, count=2)


def a_source(numbers):
    return numbers > -1


CASES = {
    "sparse.top_k.top_k_attention": Case(given={"count": 2}, mean=True),
    "sparse.top_k.select": Case(given={"count": 2}),
    "sparse.mixture_of_blocks.mixture_of_block_attention": Case(
        given={"block": 2, "count": 2}, mean=True
    ),
    "sparse.mixture_of_blocks.select": Case(given={"block": 2, "count": 2}),
    "sparse.hashing.hashed_attention": Case(given={"chunk": 2}, mean=True, **ROTATIONS),
    "sparse.hashing.hash_buckets": Case(**ROTATIONS),
    "sparse.hashing.select": Case(given={"chunk": 2}, **ROTATIONS),
    "sparse.sorted_hashing.sorted_attention": Case(given={"chunk": 2}, mean=True, **ROTATIONS),
    "sparse.heavily_compressed.HeavilyCompressedAttention": Case(compressed, fixed="E"),
    "sparse.compressed_sparse.CompressedSparseAttention": Case(chosen_entries, fixed="E"),
    "sparse.compressed_sparse.CompressedSparseAttention.index_scores": Case(
        chosen_entries, fixed="E"
    ),
    "sparse.compressed_sparse.select": Case(
        given={"count": 2, "mask": masks.Prefix(2)}, sizes={"N": 3}
    ),
    "sparse.gated_windows.GatedWindows": Case(
        partial(GatedWindows, 16, head_size=8, length=2), fixed="E", sizes={"N": 2}
    ),
    "sparse.gated_windows.GatedWindows.finished": Case(
        partial(GatedWindows, 16, head_size=8, length=2), sizes={"N": 2}, moved=("allowed",)
    ),
    "sparse.max_blocks.select": Case(
        given={"heads": 4, "block": 2, "count": 2}, sizes={"I": 2, "C": 4}
    ),
    "sparse.mean_blocks.MeanBlockIndexer": Case(
        partial(MeanBlockIndexer, 16, heads=3, head_size=4, block=2, count=1), fixed="E"
    ),
    "sparse.reuse.ReusedIndex": Case(
        lambda: ReusedIndex([LightningIndexer(16, 3, head_size=4, count=2)]),
        given={"layer": 0},
        fixed="E",
    ),
    "sparse.heavy_hitters.select": Case(given={"heavy": 1, "recent": 2}),
    "sparse.observed.select": Case(given={"observed": 2, "count": 1, "pool": 3}),
    "sparse.page_bounds.select": Case(given={"page": 2, "count": 2}),
    "sparse.page_bounds.bounds": Case(given={"page": 2}),
    "sparse.block_gate.BlockGate": Case(gate, fixed="H G D"),
    "sparse.block_gate.BlockGate.scores": Case(gate, fixed="H G D"),
    "sparse.block_gate.gate_loss": Case(
        given={"block": 2}, sizes={"N": 3}, make={"weights": torch.abs}, fixed="N T"
    ),
    "sparse.switchable.select": Case(given={"block": 2, "count": 2, "length": 2, "stride": 1}),
    "sparse.dynamic_mask.DynamicMaskAttention": Case(
        partial(DynamicMaskAttention, 16, heads=4, key_heads=2, count=2), fixed="E"
    ),
    "sparse.lightning.LightningIndexer": Case(indexer, fixed="E"),
    "sparse.lightning.LightningIndexer.scores": Case(indexer, fixed="E"),
    "sparse.lightning.index_scores": Case(sizes={"I": 3, "C": 4}),
    "sparse.lightning.select": Case(given={"count": 2}),
    "sparse.lightning.indexer_loss": Case(
        make={"weights": torch.abs}, given={"mask": masks.Causal()}
    ),
    "sparse.native.NativeSparseAttention": Case(native, fixed="E"),
    "sparse.native.select": Case(
        given={"key_heads": 2, "length": 2, "stride": 1, "block": 2, "count": 3},
        sizes={"N": 4},
        make={"weights": torch.abs},
    ),
}
