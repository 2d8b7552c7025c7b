"""Head structures, and caches."""

from functools import partial

import torch

from attnlib.cache import KVCache
from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.gated import GatedAttention
from attnlib.heads.head_mixing import HeadMixing
from attnlib.heads.latent import LatentAttention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.heads.multi_token import DepthScaledNorm, MultiTokenAttention
from attnlib.heads.registers import Registers
from attnlib.heads.rotary import RotaryAttention
from attnlib.heads.selective import SelectiveAttention
from attnlib.heads.talking import TalkingHeadsAttention
from attnlib.paged_cache import PagedKVCache, PagePool
from public_cases.case import Case

CROSS = {"axes": {"context": "B Tk C"}, "fixed": "E C"}
SELF = {"fixed": "E"}


latent = partial(LatentAttention, 16, heads=4, head_size=4, latent_size=6, rotary_size=2)

rotary = partial(RotaryAttention, 16, heads=4, key_heads=2)

CASES = {
    "heads.multi_head.MultiHeadAttention": Case(
        partial(MultiHeadAttention, 16, heads=4, key_heads=2), **CROSS
    ),
    "heads.multi_head.MultiHeadAttention.project": Case(
        partial(MultiHeadAttention, 16, heads=4, key_heads=2), **CROSS
    ),
    "heads.multi_head.split_heads": Case(given={"heads": 4}, sizes={"HD": 16}),
    "heads.multi_head.merge_heads": Case(),
    "heads.differential.DifferentialAttention": Case(
        partial(DifferentialAttention, 16, heads=2), **CROSS
    ),
    "heads.differential.difference": Case(given={"strength": 0.3}, sizes={"2H": 4, "N": 5}),
    "heads.gated.GatedAttention": Case(partial(GatedAttention, 16, heads=4), **CROSS),
    "heads.talking.TalkingHeadsAttention": Case(
        partial(TalkingHeadsAttention, 16, heads=4), **CROSS
    ),
    "heads.talking.mix_heads": Case(given={"mix": torch.nn.Linear(4, 4, bias=False)}, fixed="H"),
    "heads.forgetting.ForgettingAttention": Case(partial(ForgettingAttention, 16, heads=4), **SELF),
    "heads.forgetting.log_decay": Case(),
    "heads.selective.SelectiveAttention": Case(partial(SelectiveAttention, 16, heads=4), **SELF),
    "heads.selective.accumulated": Case(sizes={"1": 1}),
    "heads.multi_token.MultiTokenAttention": Case(
        partial(MultiTokenAttention, 16, heads=4, queries=2, keys=3), **SELF
    ),
    "heads.multi_token.convolve": Case(sizes={"queries": 2, "keys": 3}),
    "heads.multi_token.nothing": Case(axes={"query": "B H Tq D", "key": "B H Tk D"}),
    "heads.multi_token.DepthScaledNorm": Case(partial(DepthScaledNorm, 8, 2), fixed="D"),
    "heads.head_mixing.HeadMixing": Case(
        partial(HeadMixing, heads=4, group=2),
        fixed="H",
        axes={"allowed": "#B #H #Tq #Tk"},
        make={"allowed": lambda x: x > -1.5},
    ),
    "heads.rotary.RotaryAttention": Case(rotary, fixed="E"),
    "heads.rotary.RotaryAttention.project": Case(rotary, fixed="E"),
    "heads.registers.Registers": Case(partial(Registers, MultiHeadAttention(16, 4), 16, 2), **SELF),
    "heads.latent.LatentAttention": Case(latent, **SELF),
    "cache.KVCache.update": Case(KVCache),
    "paged_cache.PagedKVCache.update": Case(
        lambda: PagedKVCache(PagePool(4, 2, key_heads=2, head_size=8, value_size=6)),
        fixed="G D Dv",
    ),
}
