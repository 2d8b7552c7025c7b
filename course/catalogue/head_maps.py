"""Maps that act on one another, across tokens or across heads."""

from torch import Tensor, nn

from attnlib import Attended, attention, masks
from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.multi_token import MultiTokenAttention
from attnlib.heads.selective import SelectiveAttention
from attnlib.normalizers.talking import TalkingHeads
from course.catalogue.entry import Entry, Limit
from course.catalogue.scores import scaled_dot
from course.catalogue.structure import plain_like


def forgetting(x: Tensor) -> Tensor:
    return ForgettingAttention(16, heads=4).to(x)(x)


def forgetting_nothing(x: Tensor) -> Tensor:
    layer = ForgettingAttention(16, heads=4).to(x)
    nn.init.constant_(layer.forget.bias, 100.0)
    return layer(x)


def unforgetting(x: Tensor) -> Tensor:
    return plain_like(ForgettingAttention(16, heads=4).to(x), x, masks.Causal())


def talking_heads(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=TalkingHeads(4).to(query))


def silent_heads(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    talk = TalkingHeads(4).to(query)
    nn.init.eye_(talk.scores.weight)
    nn.init.eye_(talk.weights.weight)
    return attention(query, key, value, normalize=talk)


def selective(x: Tensor) -> Tensor:
    return SelectiveAttention(16, heads=4).to(x)(x)


def unselective(x: Tensor) -> Tensor:
    layer = SelectiveAttention(16, heads=4).to(x)
    nn.init.zeros_(layer.query.weight[:4])
    nn.init.zeros_(layer.query.bias[:4])
    return layer(x)


def unselective_plain(x: Tensor) -> Tensor:
    layer = SelectiveAttention(16, heads=4).to(x)
    nn.init.zeros_(layer.query.weight[:4])
    nn.init.zeros_(layer.query.bias[:4])
    return plain_like(layer, x, masks.Causal())


def multi_token(x: Tensor) -> Tensor:
    layer = MultiTokenAttention(16, heads=4, queries=2, keys=3, group=2, layer=1)
    nn.init.normal_(layer.kernel)
    return layer.to(x)(x)


def multi_token_identity(x: Tensor) -> Tensor:
    return MultiTokenAttention(16, heads=4, queries=2, keys=3, group=2).to(x)(x)


def single_token(x: Tensor) -> Tensor:
    layer = MultiTokenAttention(16, heads=4, queries=2, keys=3, group=2).to(x)
    return plain_like(layer, x, masks.Causal())


ENTRIES = [
    Entry(
        name="Forgetting attention (FoX)",
        tier=2,
        cite="lin2025",
        formula=r"\mathrm{softmax}\!\left(S_{ij} + \textstyle\sum_{l=j+1}^{i}\log f_l\right)V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=ForgettingAttention,
        example=forgetting,
        inputs="x",
        oracle="F.scaled_dot_product_attention with the bias log Π f",
        test="tests/lib/oracles/test_head_maps.py::test_forgetting_equals_pytorch_with_products_of_gates_as_a_bias",
        properties=frozenset({"causal"}),
        limits=(Limit("f = 1 is causal attention", forgetting_nothing, unforgetting),),
    ),
    Entry(
        name="Talking heads",
        tier=3,
        cite="shazeer2020",
        formula=r"P_w\,\mathrm{softmax}(P_l\,S)\,V",
        time="T² · (D + H)",
        memory="T²",
        implementation=TalkingHeads,
        example=talking_heads,
        oracle="x-transformers Attend(post_talking_heads=True), and the paper's einsums",
        test="tests/lib/oracles/test_second_oracles.py::test_talking_heads_equal_x_transformers",
        properties=frozenset({"weighted sum", "unordered"}),
        limits=(Limit("P = I: every head by itself", silent_heads, scaled_dot),),
    ),
    Entry(
        name="Selective attention",
        tier=3,
        cite="leviathan2024",
        formula=r"\mathrm{softmax}(S - F)\,V,\\ F_{ij} = \textstyle\sum_{l<i}[S^{(1)}_{lj}]_+",
        time="T² · D",
        memory="T²",
        implementation=SelectiveAttention,
        example=selective,
        inputs="x",
        oracle="x-transformers selective_attn, and loops by hand",
        test="tests/lib/oracles/test_second_oracles.py::test_selective_attention_equals_x_transformers",
        properties=frozenset({"causal"}),
        limits=(Limit("masking nothing is causal attention", unselective, unselective_plain),),
    ),
    Entry(
        name="Multi-token attention",
        tier=3,
        cite="golovneva2025",
        formula=r"\mathrm{norm}\!\left(M\,\mathrm{softmax}(\theta * S)\,V\right)",
        time="T² · (D + kernel)",
        memory="T²",
        implementation=MultiTokenAttention,
        example=multi_token,
        inputs="x",
        oracle="scipy.signal.convolve2d, x-transformers Attend(post_talking_heads=True), and loops",
        test="tests/lib/oracles/test_second_oracles_of_heads.py::test_multi_token_attention_equals_scipys_convolution_and_x_transformers",
        properties=frozenset({"causal"}),
        limits=(
            Limit(
                "identity kernels, no norm: causal attention", multi_token_identity, single_token
            ),
        ),
    ),
]
