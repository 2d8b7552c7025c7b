"""What is done to values and to what heads found: mixed, excluded, subtracted, raised, paired."""

import torch
from torch import Tensor, nn

from attnlib import Weighed
from attnlib.heads import (
    ExclusiveAttention,
    LaserAttention,
    MultiHeadAttention,
    SecondDifferentialAttention,
    ValueResidualAttention,
    delta_former,
    local_linear,
    parallax,
    two_simplicial,
)
from attnlib.layout import merge_heads
from attnlib.masks import Causal
from attnlib.normalizers import softmax
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.masks_and_biases import causal
from course.catalogue.scores import scaled_dot
from course.catalogue.structure import plain_like

TESTS = "tests/lib/oracles/test_newer_maps.py"
FLA = "tests/lib/oracles/test_linear_fla.py"
EQUIVARIANT: frozenset[Property] = frozenset({"equivariant"})


def exclusive(x: Tensor) -> Tensor:
    return ExclusiveAttention(16, heads=4).to(x)(x)


def exclusive_of_nothing(x: Tensor) -> Tensor:
    return ExclusiveAttention(16, heads=4, learned=True).to(x)(x)


def inclusive(x: Tensor) -> Tensor:
    return plain_like(ExclusiveAttention(16, heads=4, learned=True).to(x), x)


def residual(x: Tensor) -> Tensor:
    first = MultiHeadAttention(16, heads=4).to(x)
    return ValueResidualAttention(16, heads=4).to(x)(x, first.project(x)[2])


def own_values(x: Tensor) -> Tensor:
    layer = ValueResidualAttention(16, heads=4).to(x)
    nn.init.constant_(layer.mix.bias, 100.0)
    return layer(x, torch.zeros_like(layer.project(x)[2]))


def without_residual(x: Tensor) -> Tensor:
    return plain_like(ValueResidualAttention(16, heads=4).to(x), x)


def second_form(x: Tensor) -> Tensor:
    return SecondDifferentialAttention(16, heads=4).to(x)(x)


def nothing_taken(x: Tensor) -> Tensor:
    layer = SecondDifferentialAttention(16, heads=4).to(x)
    nn.init.constant_(layer.taken.bias, -100.0)
    return layer(x)


def every_second_head(x: Tensor) -> Tensor:
    layer = SecondDifferentialAttention(16, heads=4).to(x)
    query, key, value = layer.project(x)
    return layer.output(merge_heads(scaled_dot(query[:, ::2], key, value).output))


def laser(x: Tensor) -> Tensor:
    return LaserAttention(16, heads=4).to(x)(x)


def simplicial(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return two_simplicial(query, key, value, key.flip(-1), key.sigmoid())


def one_of_each_pair(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return two_simplicial(query, key, value, torch.ones_like(key), torch.ones_like(value))


def corrected(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return delta_former(query, key, value, query.mean(dim=-1).sigmoid())


def uncorrected(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return delta_former(query, key, value, torch.zeros_like(query[..., 0]))


def local_line(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return local_linear(query, key, value, ridge=0.5)


def flat_line(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return local_linear(query, key, value, ridge=1e14)


def learned_line(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return parallax(query, key, value, 0.2 * query.flip(-1), mask=Causal())


def no_line(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return parallax(query, key, value, torch.zeros_like(query))


def normed(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4, head_norm=nn.RMSNorm).to(x)(x)


def cosine_layer(x: Tensor) -> Tensor:
    layer = MultiHeadAttention(16, heads=4).to(x)
    query, key, value = layer.project(x)
    size = layer.head_size
    cosines = nn.functional.normalize(query, dim=-1) @ nn.functional.normalize(key, dim=-1).mT
    return layer.output(merge_heads(softmax(size**0.5 * cosines) @ value))


ENTRIES = [
    Entry(
        name="RMS QK-norm",
        tier=2,
        cite="dehghani2023",
        formula=r"\mathrm{softmax}_j\!\left(\frac{(g\odot\hat q_i)\cdot(g'\odot\hat k_j)}"
        r"{\sqrt{D}}\right)V,\\ \hat q = \frac{q}{\mathrm{rms}(q)}",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=MultiHeadAttention,
        example=normed,
        inputs="x",
        oracle="transformers Qwen3Attention",
        test=f"{TESTS}::test_normed_queries_and_keys_equal_qwen3",
        properties=EQUIVARIANT,
        limits=(Limit("g = g' = 1 is √D times the cosine", normed, cosine_layer),),
    ),
    Entry(
        name="Exclusive self-attention",
        tier=3,
        cite="zhai2026",
        formula=r"o_i - (o_i\cdot\hat v_i)\,\hat v_i,\\ o = AV,\ \hat v = v/\lVert v\rVert",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=ExclusiveAttention,
        example=exclusive,
        inputs="x",
        oracle="transformers NeoMMEExclusiveSelfAttention",
        test=f"{TESTS}::test_exclusion_equals_neomme",
        properties=EQUIVARIANT,
        limits=(Limit("a strength of 0 is multi-head attention", exclusive_of_nothing, inclusive),),
    ),
    Entry(
        name="Value residual",
        tier=2,
        cite="zhou2024values",
        formula=r"A\,(\lambda V + (1 - \lambda)V_1)",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=ValueResidualAttention,
        example=residual,
        inputs="x",
        oracle="x-transformers Attention(learned_value_residual_mix=True)",
        test=f"{TESTS}::test_the_value_residual_equals_x_transformers",
        properties=EQUIVARIANT,
        limits=(Limit("λ = 1 is multi-head attention", own_values, without_residual),),
    ),
    Entry(
        name="Differential attention, second form",
        tier=3,
        cite="ye2026",
        formula=r"(A_{2h} - \lambda A_{2h+1})\,V,\ \lambda = \sigma(xw_h)",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=SecondDifferentialAttention,
        example=second_form,
        inputs="x",
        oracle="F.scaled_dot_product_attention of 2H heads, as published",
        test=f"{TESTS}::test_the_second_differential_form_equals_its_published_lines",
        properties=EQUIVARIANT,
        limits=(Limit("λ = 0 is every second head", nothing_taken, every_second_head),),
    ),
    Entry(
        name="LASER",
        tier=3,
        cite="duvvuri2024",
        formula=r"\log(A\,e^{V})",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=LaserAttention,
        example=laser,
        inputs="x",
        oracle="x-transformers Attention(laser=True)",
        test=f"{TESTS}::test_laser_equals_x_transformers",
        properties=EQUIVARIANT,
    ),
    Entry(
        name="2-simplicial",
        tier=3,
        cite="roy2025",
        formula=r"\sum_{j,l}\mathrm{softmax}_{j,l}\!\left(\textstyle\sum_d q_{id}k_{jd}k'_{ld}"
        r"/\sqrt{D}\right) v_j\odot v'_l",
        time="T · W · W' · D (in windows), T³ · D (here)",
        memory="T · D (paper), T³ (here)",
        implementation=two_simplicial,
        example=simplicial,
        oracle="F.scaled_dot_product_attention over all pairs",
        test=f"{TESTS}::test_2_simplicial_attention_equals_plain_attention_over_pairs",
        properties=frozenset({"unordered"}),
        limits=(Limit("k' = v' = 1 is plain attention", one_of_each_pair, scaled_dot),),
    ),
    Entry(
        name="DeltaFormer",
        tier=3,
        cite="zhong2025",
        formula=r"u_t = v_t - \beta_t\textstyle\sum_{j<t}"
        r"\mathrm{softmax}_{j<t}(w_t\cdot k_j)\,u_j,\\"
        r"o_t = \sum_{j\le t}\mathrm{softmax}_{j\le t}(q_t\cdot k_j)\,u_j",
        time="T² · D",
        memory="T²",
        implementation=delta_former,
        example=corrected,
        oracle="flash-linear-attention naive_deltaformer_attn",
        test=f"{FLA}::test_delta_former_equals_flash_linear_attention",
        properties=frozenset({"causal"}),
        limits=(Limit("β = 0 is causal attention", uncorrected, causal),),
    ),
    Entry(
        name="Local linear attention",
        tier=3,
        cite="zuo2025",
        formula=r"b_i, W_i = \arg\min\textstyle\sum_j p_{ij}"
        r"\lVert v_j - b - W^\top(k_j - q_i)\rVert^2"
        r"\\ {}+ \lambda\lVert W\rVert^2,\ \ o_i = b_i,\\ p = \mathrm{softmax}(QK^\top/\sqrt{D})",
        time="T² · D · steps (paper), T² · D² (here)",
        memory="T² + T · D²",
        implementation=local_linear,
        example=local_line,
        oracle="torch.linalg.lstsq, query by query",
        test=f"{FLA}::test_local_linear_attention_equals_least_squares_query_by_query",
        properties=frozenset({"unordered"}),
        limits=(Limit("λ → ∞ is plain attention", flat_line, scaled_dot),),
    ),
    Entry(
        name="Parallax",
        tier=3,
        cite="zuo2026",
        formula=r"A_{ij} = p_{ij}\left(1 - r_i\cdot(k_j - \textstyle\sum_l p_{il}k_l)\right),\\"
        r"p = \mathrm{softmax}(QK^\top/\sqrt{D})",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=parallax,
        example=learned_line,
        oracle="flash-linear-attention naive_parallax",
        test=f"{FLA}::test_parallax_equals_flash_linear_attention",
        properties=frozenset({"causal"}),
        limits=(Limit("r = 0 is plain attention", no_line, scaled_dot),),
    ),
]
