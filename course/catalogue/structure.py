"""How queries, keys and values are made and shared."""

import torch
from torch import Tensor, nn

from attnlib import masks
from attnlib.caches import LatentCache
from attnlib.heads.latent import LatentAttention
from attnlib.heads.multi_head import MultiHeadAttention
from course.catalogue.entry import Entry, Limit


def multi_head(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4).to(x)(x)


def cross(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4).to(x)(x[:, -2:], context=x)


def causal(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4).to(x)(x, mask=masks.Causal())


def multi_query(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4, key_heads=1).to(x)(x)


def grouped_query(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4, key_heads=2).to(x)(x)


def grouped_query_alone(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4, key_heads=4).to(x)(x)


def plain_like(layer: nn.Module, x: Tensor, mask: masks.Mask | None = None) -> Tensor:
    """Multi-head attention with the same projections."""
    plain = MultiHeadAttention(16, heads=4).to(x)
    plain.load_state_dict(layer.state_dict(), strict=False)
    return plain(x, mask=mask)


def latent(x: Tensor, absorbed: bool = False) -> Tensor:
    layer = LatentAttention(
        16, heads=4, head_size=4, latent_size=6, rotary_size=2, absorbed=absorbed
    )
    return layer.to(x)(x, mask=masks.Causal())


def latent_absorbed(x: Tensor) -> Tensor:
    return latent(x, absorbed=True)


def latent_decoding(x: Tensor) -> Tensor:
    layer = LatentAttention(16, heads=4, head_size=4, latent_size=6, rotary_size=2).to(x)
    cache = LatentCache()
    outputs = [layer(token, mask=masks.Causal(), cache=cache) for token in x.split(1, dim=1)]
    return torch.cat(outputs, dim=1)


ENTRIES = [
    Entry(
        name="Multi-head self-attention",
        tier=1,
        cite="vaswani2017",
        formula=r"[A_1V_1;\dots;A_HV_H]\,W_O",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=MultiHeadAttention,
        example=multi_head,
        inputs="x",
        oracle="nn.MultiheadAttention",
        test="tests/lib/oracles/test_multi_head.py::test_self_attention_equals_pytorch",
        properties=frozenset({"equivariant"}),
    ),
    Entry(
        name="Cross-attention",
        tier=1,
        cite="vaswani2017",
        formula=r"\mathrm{softmax}(xW_Q(cW_K)^\top/\sqrt{D})\,cW_V",
        time="Tq · Tk · D",
        memory="(Tq + Tk) · D (fused), Tq · Tk (weights read)",
        implementation=MultiHeadAttention,
        example=cross,
        inputs="x",
        oracle="nn.MultiheadAttention(kdim, vdim)",
        test="tests/lib/oracles/test_multi_head.py::test_cross_attention_equals_pytorch",
    ),
    Entry(
        name="Causal self-attention",
        tier=1,
        cite="vaswani2017",
        formula=r"\mathrm{softmax}(S_{ij},\ j\le i)\,V",
        time="T² · D, half of the pairs",
        memory="T · D (fused), T² (weights read)",
        same_as="Causal mask",
        implementation=MultiHeadAttention,
        example=causal,
        inputs="x",
        oracle="nn.MultiheadAttention(attn_mask)",
        test="tests/lib/oracles/test_multi_head.py::test_causal_self_attention_equals_pytorch",
        properties=frozenset({"causal"}),
    ),
    Entry(
        name="Multi-query attention",
        tier=2,
        cite="shazeer2019",
        formula=r"A_h = \mathrm{softmax}(Q_hK^\top/\sqrt{D})",
        time="T² · D",
        memory="T · D (fused), T² (weights read); cache 2 · D per token for all heads",
        implementation=MultiHeadAttention,
        example=multi_query,
        inputs="x",
        oracle="F.scaled_dot_product_attention(enable_gqa=True)",
        test="tests/lib/oracles/test_multi_head.py::test_shared_key_heads_equal_pytorch",
        properties=frozenset({"equivariant"}),
    ),
    Entry(
        name="Grouped-query attention",
        tier=2,
        cite="ainslie2023",
        formula=r"A_h = \mathrm{softmax}(Q_hK_{\lfloor h/(H/G)\rfloor}^\top/\sqrt{D})",
        time="T² · D",
        memory="T · D (fused), T² (weights read); cache 2 · G · D per token for all heads",
        implementation=MultiHeadAttention,
        example=grouped_query,
        inputs="x",
        oracle="F.scaled_dot_product_attention(enable_gqa=True)",
        test="tests/lib/oracles/test_multi_head.py::test_shared_key_heads_equal_pytorch",
        properties=frozenset({"equivariant"}),
        limits=(Limit("G = H is multi-head attention", grouped_query_alone, multi_head),),
    ),
    Entry(
        name="Multi-head latent attention (MLA)",
        tier=2,
        cite="deepseek2024",
        formula=r"k_h = [W^{UK}_h c;\, \mathrm{RoPE}(W^{KR}x)],\\ v_h = W^{UV}_h c,\ c = W^{DKV}x",
        time="T² · D",
        memory="T · D (fused), T² (weights read); cache C + R per token for all heads",
        implementation=LatentAttention,
        example=latent,
        inputs="x",
        oracle="transformers DeepseekV3Attention",
        test="tests/lib/oracles/test_head_structures.py::test_latent_attention_equals_deepseek_v3",
        properties=frozenset({"causal"}),
        forms={"absorbed": latent_absorbed, "decoding": latent_decoding},
    ),
]
