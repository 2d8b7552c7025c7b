"""Head structures, and caches."""

from functools import partial

import torch

from attnlib.caches.compressed import CompressedCache
from attnlib.caches.convolutional import ConvolutionalCache
from attnlib.caches.growing import KVCache
from attnlib.caches.latent import LatentCache
from attnlib.caches.paged import PagedKVCache, PagePool
from attnlib.caches.quantized import QuantizedKVCache
from attnlib.caches.sliding import SlidingKVCache
from attnlib.caches.temporal import TemporalLatentCache
from attnlib.heads.alternating import AlternatingAttention
from attnlib.heads.borrowing import BorrowingAttention
from attnlib.heads.convolutional import ConvolutionalAttention
from attnlib.heads.depth import DepthAttention
from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.differential_2 import SecondDifferentialAttention
from attnlib.heads.exclusive import ExclusiveAttention
from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.gated import GatedAttention
from attnlib.heads.global_tokens import GlobalTokensAttention
from attnlib.heads.grouped_latent import GroupedLatentAttention
from attnlib.heads.grouped_tied import GroupedTiedAttention
from attnlib.heads.keys_as_values import KeysAsValuesAttention
from attnlib.heads.laser import LaserAttention
from attnlib.heads.latent import LatentAttention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.heads.multi_matrix import MultiMatrixAttention
from attnlib.heads.multi_token import DepthScaledNorm, MultiTokenAttention
from attnlib.heads.registers import Registers
from attnlib.heads.selective import SelectiveAttention
from attnlib.heads.shared_state import SharedStateAttention
from attnlib.heads.temporal_latent import TemporalLatentAttention
from attnlib.heads.tensor_product import TensorProductAttention
from attnlib.heads.transient_global import TransientGlobalAttention
from attnlib.heads.value_residual import ValueResidualAttention
from attnlib.normalizers.head_mixing import HeadMixing
from attnlib.positions.rotary import rotate
from public_cases.case import Case

CROSS = {"axes": {"context": "B Tk C"}, "fixed": "E C"}
SELF = {"fixed": "E"}


latent = partial(LatentAttention, 16, heads=4, head_size=4, latent_size=6, rotary_size=2)

turned = partial(MultiHeadAttention, 16, heads=4, key_heads=2, turn=partial(rotate, pairing="half"))

CASES = {
    "heads.MultiHeadAttention": Case(
        partial(MultiHeadAttention, 16, heads=4, key_heads=2), **CROSS
    ),
    "heads.DifferentialAttention.project": Case(
        partial(DifferentialAttention, 16, heads=4, key_heads=2), **CROSS
    ),
    "layout.split_heads": Case(given={"heads": 4}, sizes={"HD": 16}),
    "layout.merge_heads": Case(),
    "heads.DifferentialAttention": Case(partial(DifferentialAttention, 16, heads=2), **CROSS),
    "heads.differential.difference": Case(given={"strength": 0.3}, sizes={"2H": 4, "N": 5}),
    "heads.GatedAttention": Case(partial(GatedAttention, 16, heads=4), **CROSS),
    "heads.SecondDifferentialAttention": Case(
        partial(SecondDifferentialAttention, 16, heads=4, key_heads=2), **CROSS
    ),
    "heads.ExclusiveAttention": Case(
        partial(ExclusiveAttention, 16, heads=4, key_heads=2, learned=True), **SELF
    ),
    "heads.exclusive.exclude": Case(axes={"strength": "H"}),
    "heads.LaserAttention": Case(partial(LaserAttention, 16, heads=4, key_heads=2), **CROSS),
    "heads.ValueResidualAttention": Case(
        partial(ValueResidualAttention, 16, heads=4, key_heads=2), sizes={"D": 4}, fixed="E G D"
    ),
    "heads.two_simplicial": Case(),
    "heads.delta_former": Case(make={"write": torch.sigmoid}),
    "heads.local_linear": Case(given={"ridge": 0.5}),
    "heads.parallax": Case(),
    "normalizers.talking.mix_heads": Case(
        given={"mix": torch.nn.Linear(4, 4, bias=False)}, fixed="H"
    ),
    "heads.ForgettingAttention": Case(partial(ForgettingAttention, 16, heads=4), **SELF),
    "heads.forgetting.log_decay": Case(),
    "heads.SelectiveAttention": Case(partial(SelectiveAttention, 16, heads=4), **SELF),
    "heads.selective.accumulated": Case(sizes={"1": 1}),
    "heads.MultiTokenAttention": Case(
        partial(MultiTokenAttention, 16, heads=4, queries=2, keys=3), **SELF
    ),
    "heads.multi_token.convolve": Case(sizes={"queries": 2, "keys": 3}),
    "scores.nothing": Case(axes={"query": "B H Tq D", "key": "B H Tk D"}),
    "heads.DepthScaledNorm": Case(partial(DepthScaledNorm, 8, 2), fixed="D"),
    "normalizers.HeadMixing": Case(
        partial(HeadMixing, heads=4, group=2),
        fixed="H",
        axes={"allowed": "#B #H #Tq #Tk"},
        make={"allowed": lambda x: x > -1.5},
    ),
    "heads.MultiHeadAttention, turned": Case(turned, fixed="E"),
    "heads.Registers": Case(partial(Registers, MultiHeadAttention(16, 4), 16, count=2), **SELF),
    "heads.LatentAttention": Case(latent, **SELF),
    "heads.KeysAsValuesAttention": Case(
        partial(KeysAsValuesAttention, 16, heads=4, key_heads=2), **CROSS
    ),
    "heads.BorrowingAttention": Case(
        partial(BorrowingAttention, 16, heads=4, head_size=8, value_size=6), fixed="E D Dv"
    ),
    "heads.ConvolutionalAttention": Case(
        partial(ConvolutionalAttention, 16, heads=4, key_heads=2, head_size=4), **SELF
    ),
    "heads.DepthAttention": Case(partial(DepthAttention, 16), **SELF),
    "heads.GroupedLatentAttention": Case(
        partial(
            GroupedLatentAttention,
            16,
            heads=4,
            groups=2,
            head_size=4,
            latent_size=6,
            rotary_size=2,
        ),
        **SELF,
    ),
    "heads.GroupedTiedAttention": Case(
        partial(GroupedTiedAttention, 16, heads=4, key_heads=2), **SELF
    ),
    "heads.TemporalLatentAttention": Case(
        partial(TemporalLatentAttention, 16, heads=4, head_size=4, latent_size=6, rotary_size=2),
        **SELF,
    ),
    "heads.MultiMatrixAttention": Case(
        partial(MultiMatrixAttention, 16, heads=4, head_size=8, query_latent_size=6), **CROSS
    ),
    "heads.TensorProductAttention": Case(partial(TensorProductAttention, 16, heads=4), **SELF),
    "heads.GlobalTokensAttention": Case(
        partial(GlobalTokensAttention, 16, heads=4, window=2), **SELF
    ),
    "heads.TransientGlobalAttention": Case(
        partial(TransientGlobalAttention, 16, heads=4, radius=1, block=2, buckets=8, longest=20),
        **SELF,
    ),
    "heads.AlternatingAttention": Case(
        partial(
            AlternatingAttention,
            16,
            4,
            layers=1,  # a call runs one layer: of more, the others' heads would bring nothing
            every=2,
            window=2,
            turn=partial(rotate, pairing="half"),
        ),
        given={"layer": 0},
        **SELF,
    ),
    "heads.SharedStateAttention": Case(
        partial(SharedStateAttention, 16, heads=4, head_size=8, rotary_size=4, query_latent_size=6),
        **SELF,
    ),
    "caches.KVCache.update": Case(KVCache),
    "caches.LatentCache.update": Case(LatentCache, sizes={"R": 4}),
    "caches.CompressedCache.near": Case(partial(CompressedCache, 2, window=3)),
    "caches.ConvolutionalCache.update": Case(ConvolutionalCache, sizes={"N": 2}),
    "caches.ConvolutionalCache.behind": Case(ConvolutionalCache, given={"count": 2}),
    "caches.TemporalLatentCache.update": Case(partial(TemporalLatentCache, 2), sizes={"R": 4}),
    "caches.QuantizedKVCache.update": Case(QuantizedKVCache),
    "caches.SlidingKVCache.update": Case(partial(SlidingKVCache, 3)),
    "caches.PagedKVCache.update": Case(
        lambda: PagedKVCache(PagePool(4, 2, key_heads=2, head_size=8, value_size=6)),
        fixed="G D Dv",
    ),
}
