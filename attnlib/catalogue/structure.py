"""How queries, keys and values are made and shared."""

from torch import Tensor

from attnlib import masks
from attnlib.catalogue.entry import Entry, Limit
from attnlib.heads.multi_head import MultiHeadAttention

CHAPTER = "07_many_heads"


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


ENTRIES = [
    Entry(
        name="Multi-head self-attention",
        family="structure",
        tier=1,
        cite="vaswani2017",
        formula=r"[A_1V_1;\dots;A_HV_H]\,W_O",
        time="T²",
        memory="T",
        chapter=CHAPTER,
        implementation=MultiHeadAttention,
        example=multi_head,
        inputs="x",
        oracle="nn.MultiheadAttention",
        test="tests/oracles/test_multi_head.py::test_self_attention_equals_pytorch",
        properties=frozenset({"equivariant"}),
    ),
    Entry(
        name="Cross-attention",
        family="structure",
        tier=1,
        cite="vaswani2017",
        formula=r"\mathrm{softmax}(xW_Q(cW_K)^\top/\sqrt{D})\,cW_V",
        time="Tq · Tk",
        memory="Tq + Tk",
        chapter="06_self_and_cross_attention",
        implementation=MultiHeadAttention,
        example=cross,
        inputs="x",
        oracle="nn.MultiheadAttention(kdim, vdim)",
        test="tests/oracles/test_multi_head.py::test_cross_attention_equals_pytorch",
    ),
    Entry(
        name="Causal self-attention",
        family="structure",
        tier=1,
        cite="vaswani2017",
        formula=r"\mathrm{softmax}(S_{ij},\ j\le i)\,V",
        time="T²",
        memory="T",
        chapter="05_masks",
        implementation=MultiHeadAttention,
        example=causal,
        inputs="x",
        oracle="nn.MultiheadAttention(attn_mask)",
        test="tests/oracles/test_multi_head.py::test_causal_self_attention_equals_pytorch",
        properties=frozenset({"causal"}),
    ),
    Entry(
        name="Multi-query attention",
        family="structure",
        tier=2,
        cite="shazeer2019",
        formula=r"A_h = \mathrm{softmax}(Q_hK^\top/\sqrt{D})",
        time="T²",
        memory="T; cache 1/H",
        chapter=CHAPTER,
        implementation=MultiHeadAttention,
        example=multi_query,
        inputs="x",
        oracle="F.scaled_dot_product_attention(enable_gqa=True)",
        test="tests/oracles/test_multi_head.py::test_shared_key_heads_equal_pytorch",
        properties=frozenset({"equivariant"}),
    ),
    Entry(
        name="Grouped-query attention",
        family="structure",
        tier=2,
        cite="ainslie2023",
        formula=r"A_h = \mathrm{softmax}(Q_hK_{\lfloor h/(H/G)\rfloor}^\top/\sqrt{D})",
        time="T²",
        memory="T; cache G/H",
        chapter=CHAPTER,
        implementation=MultiHeadAttention,
        example=grouped_query,
        inputs="x",
        oracle="F.scaled_dot_product_attention(enable_gqa=True)",
        test="tests/oracles/test_multi_head.py::test_shared_key_heads_equal_pytorch",
        properties=frozenset({"equivariant"}),
        limits=(Limit("G = H is multi-head attention", grouped_query_alone, multi_head),),
    ),
]
