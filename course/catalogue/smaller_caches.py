"""Layers that keep fewer numbers per token: tied, borrowed, grouped, factored or mixed keys."""

import torch
from torch import Tensor, nn

from attnlib.heads import (
    BorrowingAttention,
    ConvolutionalAttention,
    DepthAttention,
    GroupedLatentAttention,
    GroupedTiedAttention,
    KeysAsValuesAttention,
    LatentAttention,
    MultiHeadAttention,
    MultiMatrixAttention,
    TemporalLatentAttention,
    TensorProductAttention,
)
from attnlib.masks import Causal
from course.catalogue.entry import Entry, Limit

SECOND = "tests/lib/oracles/test_second_oracles_of_sums.py"
HEADS = "tests/lib/oracles/test_second_oracles_of_heads.py"
ORACLES = "tests/lib/oracles/test_shared_heads.py"
MEMORY = "T · D (fused), T² (weights read)"


def keys_as_values(x: Tensor) -> Tensor:
    return KeysAsValuesAttention(16, heads=4, key_heads=2).to(x)(x, mask=Causal())


def grouped(x: Tensor) -> MultiHeadAttention:
    return MultiHeadAttention(16, heads=4, key_heads=2).to(x)


def one_matrix_for_both(x: Tensor) -> Tensor:
    """Grouped queries whose value matrix is the key matrix, with the weights of the tied layer."""
    tied, layer = KeysAsValuesAttention(16, heads=4, key_heads=2).to(x), grouped(x)
    states = tied.state_dict()
    states |= {name.replace("key", "value"): w for name, w in states.items() if "key" in name}
    layer.load_state_dict(states)
    return layer(x, mask=Causal())


def borrowing(x: Tensor) -> Tensor:
    """A second layer that asks the keys and values of the first."""
    first, later = grouped(x), BorrowingAttention(16, heads=4).to(x)
    _, key, value = first.project(x)
    return later(x + first(x, mask=Causal()), key, value, mask=Causal())


def borrowing_its_own(x: Tensor) -> Tensor:
    layer, borrower = grouped(x), BorrowingAttention(16, heads=4).to(x)
    borrower.load_state_dict(layer.state_dict(), strict=False)
    _, key, value = layer.project(x)
    return borrower(x, key, value, mask=Causal())


def grouped_queries(x: Tensor) -> Tensor:
    return grouped(x)(x, mask=Causal())


def tied(x: Tensor) -> Tensor:
    return GroupedTiedAttention(16, heads=4, key_heads=2).to(x)(x, mask=Causal())


def grouped_latents(x: Tensor, absorbed: bool = False) -> Tensor:
    layer = GroupedLatentAttention(
        16, heads=4, groups=2, head_size=4, latent_size=6, rotary_size=2, absorbed=absorbed
    )
    return layer.to(x)(x, mask=Causal())


def absorbed_latents(x: Tensor) -> Tensor:
    return grouped_latents(x, absorbed=True)


def merged_latents(x: Tensor, absorbed: bool = False) -> Tensor:
    layer = TemporalLatentAttention(
        16, heads=4, head_size=4, latent_size=6, rotary_size=2, stride=2, absorbed=absorbed
    )
    return layer.to(x)(x)


def absorbed_merged_latents(x: Tensor) -> Tensor:
    return merged_latents(x, absorbed=True)


def each_for_itself(x: Tensor) -> Tensor:
    """Entries of one token, whose weight is 1."""
    layer = TemporalLatentAttention(
        16, heads=4, stride=1, head_size=4, latent_size=6, rotary_size=2
    )
    for part, bias in ((layer.content, 100.0), (layer.place, 1.0)):
        nn.init.zeros_(part.weight)
        nn.init.constant_(part.bias, bias)
    return layer.to(x)(x)


def latents(x: Tensor) -> Tensor:
    layer = LatentAttention(16, heads=4, head_size=4, latent_size=6, rotary_size=2)
    return layer.to(x)(x, mask=Causal())


def tensor_products(x: Tensor) -> Tensor:
    layer = TensorProductAttention(16, heads=4, query_rank=3, key_rank=2, value_rank=2)
    return layer.to(x)(x, mask=Causal())


def through_a_neck(x: Tensor) -> Tensor:
    layer = MultiMatrixAttention(16, heads=4, head_size=8, query_latent_size=6)
    return layer.to(x)(x, mask=Causal())


def convolutional(x: Tensor) -> Tensor:
    return ConvolutionalAttention(16, heads=2, key_heads=1, head_size=4).to(x)(x)


def layers_so_far(x: Tensor) -> list[Tensor]:
    first = x + grouped(x)(x, mask=Causal())
    return [x, first, first + grouped(x)(first, mask=Causal())]


def over_depth(x: Tensor) -> Tensor:
    states, layer = layers_so_far(x), DepthAttention(16).to(x)
    nn.init.normal_(layer.query)
    return layer(states)


def over_depth_at_first(x: Tensor) -> Tensor:
    return DepthAttention(16).to(x)(layers_so_far(x))


def mean_of_layers(x: Tensor) -> Tensor:
    return torch.stack(layers_so_far(x)).mean(dim=0)


ENTRIES = [
    Entry(
        name="Keys as values (K = V)",
        tier=2,
        cite="gemma2026",
        formula=r"\mathrm{softmax}\!\left(R_iq_i\cdot R_jk_j/\sqrt{D}\right)k_j",
        time="T² · D",
        memory=MEMORY,
        implementation=KeysAsValuesAttention,
        example=keys_as_values,
        inputs="x",
        oracle="transformers Gemma4TextAttention",
        test=f"{ORACLES}::test_keys_as_values_and_borrowed_keys_equal_gemma_4",
        properties=frozenset({"causal"}),
        limits=(Limit("as one matrix for keys and values", keys_as_values, one_matrix_for_both),),
    ),
    Entry(
        name="Keys and values of another layer (CLA, YOCO)",
        tier=2,
        cite="brandon2024",
        formula=r"\mathrm{softmax}\!\left(q^{(n)}K^{(m)\top}/\sqrt{D}\right)V^{(m)},\quad m < n",
        time="T² · D",
        memory=MEMORY,
        implementation=BorrowingAttention,
        example=borrowing,
        inputs="x",
        oracle="transformers Gemma4TextAttention, its sharing layers",
        test=f"{ORACLES}::test_keys_as_values_and_borrowed_keys_equal_gemma_4",
        properties=frozenset({"causal"}),
        limits=(Limit("borrowing its own: grouped queries", borrowing_its_own, grouped_queries),),
    ),
    Entry(
        name="Grouped-tied attention (GTA)",
        tier=3,
        cite="zadouri2025",
        formula=r"v_g = s_g,\quad k_g = \left[\,s_g^{(1:D/2)};\ \mathrm{RoPE}(xW_R)\,\right]",
        time="T² · D",
        memory=MEMORY,
        implementation=GroupedTiedAttention,
        example=tied,
        inputs="x",
        oracle="F.scaled_dot_product_attention(enable_gqa=True), and loops over the heads",
        test=f"{SECOND}::test_grouped_tied_attention_equals_pytorch_with_grouped_queries",
        properties=frozenset({"causal"}),
    ),
    Entry(
        name="Grouped latent attention (GLA)",
        tier=3,
        cite="zadouri2025",
        formula=r"k_h = \left[\,W^{UK}_h c_{g(h)};\ \mathrm{RoPE}(xW_R)\,\right],\quad "
        r"v_h = W^{UV}_h c_{g(h)}",
        time="T² · D",
        memory=MEMORY,
        implementation=GroupedLatentAttention,
        example=grouped_latents,
        inputs="x",
        oracle="transformers DeepseekV3Attention, one for each group",
        test=f"{HEADS}::test_each_group_of_latents_equals_deepseek_v3",
        properties=frozenset({"causal"}),
        forms={"absorbed": absorbed_latents},
    ),
    Entry(
        name="Temporal latent attention (MTLA)",
        tier=3,
        cite="deng2025",
        formula=r"\mathrm{softmax}\left(\frac{q_i^h\cdot[W^{UK}_h\hat c_j;\,r_j]}"
        r"{\sqrt{D+R}}\right)"
        r"W^{UV}_h\hat c_j,\\ \hat c_j = \textstyle\sum_{n\in j}"
        r"\sigma\left(c_nW_C\cdot p_jW_P\right)c_n",
        time="T²/s · D (paper), T² · D (here, to train)",
        memory=MEMORY,
        implementation=TemporalLatentAttention,
        example=merged_latents,
        inputs="x",
        oracle="F.scaled_dot_product_attention on torch.segment_reduce, and a decoder by hand",
        test=f"{HEADS}::test_merged_latents_equal_pytorch_on_sums_of_segments",
        properties=frozenset({"causal"}),
        forms={"absorbed": absorbed_merged_latents},
        limits=(Limit("s = 1 and weights of 1: latent attention", each_for_itself, latents),),
    ),
    Entry(
        name="Tensor product attention (TPA)",
        tier=3,
        cite="zhang2025",
        formula=r"Q = \frac{1}{R}\textstyle\sum_r a^Q_r(x)\otimes b^Q_r(x),\\ "
        r"K, V \text{ likewise}",
        time="T² · D",
        memory=MEMORY,
        implementation=TensorProductAttention,
        example=tensor_products,
        inputs="x",
        oracle="F.scaled_dot_product_attention on sums over the ranks",
        test=f"{ORACLES}::test_tensor_products_are_sums_over_the_ranks",
        properties=frozenset({"causal"}),
    ),
    Entry(
        name="Multi-matrix factorization (MFA)",
        tier=3,
        cite="hu2024",
        formula=r"\mathrm{softmax}\!\left((xCU_h)\,(xW_K)^\top/\sqrt{D}\right)xW_V",
        time="T² · D",
        memory=MEMORY,
        implementation=MultiMatrixAttention,
        example=through_a_neck,
        inputs="x",
        oracle="transformers DeepseekV3Attention with one key for all heads",
        test=f"{HEADS}::test_multi_matrix_attention_equals_deepseek_v3_with_one_key_for_all",
        properties=frozenset({"causal"}),
    ),
    Entry(
        name="Compressed convolutional attention (CCA)",
        tier=3,
        cite="figliolia2025",
        formula=r"q = \mathrm{conv}(\tilde q) + m,\quad k = \mathrm{conv}(\tilde k) + \bar m,\\"
        r"m = (\tilde q + \tilde k)/2",
        time="T² · D (convolutions: T · D²)",
        memory=MEMORY,
        implementation=ConvolutionalAttention,
        example=convolutional,
        inputs="x",
        oracle="transformers ZayaAttention",
        test=f"{ORACLES}::test_convolutional_attention_equals_zaya",
        properties=frozenset({"causal"}),
    ),
    Entry(
        name="Attention residuals",
        tier=2,
        cite="kimi2026",
        formula=r"\textstyle\sum_n \mathrm{softmax}_n\left("
        r"u\cdot\mathrm{norm}(x^{(n)})\right)x^{(n)}",
        time="T · n · D",
        memory="T · n · D",
        implementation=DepthAttention,
        example=over_depth,
        inputs="x",
        oracle="flash-linear-attention naive_attnres",
        test=f"{ORACLES}::test_depth_attention_equals_the_reference_of_attention_residuals",
        properties=frozenset({"causal"}),
        limits=(Limit("u = 0 is the mean of the layers", over_depth_at_first, mean_of_layers),),
    ),
]
