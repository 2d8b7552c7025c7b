"""How queries, keys and values are made and shared."""

import torch
from torch import Tensor, nn

from attnlib import masks
from attnlib.attention import Attended, attention
from attnlib.catalogue.entry import Entry, Limit
from attnlib.catalogue.masks_and_biases import causal as causal_attention
from attnlib.catalogue.scores import scaled_dot
from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.gated import GatedAttention
from attnlib.heads.latent import LatentAttention
from attnlib.heads.multi_head import MultiHeadAttention, merge_heads
from attnlib.heads.multi_token import MultiTokenAttention
from attnlib.heads.registers import Registers
from attnlib.heads.selective import SelectiveAttention
from attnlib.heads.sinks import LearnedSink, streaming
from attnlib.heads.talking import TalkingHeads

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


def plain_like(layer: nn.Module, x: Tensor, mask: masks.Mask | None = None) -> Tensor:
    """Multi-head attention with the same projections."""
    plain = MultiHeadAttention(16, heads=4).to(x)
    plain.load_state_dict(layer.state_dict(), strict=False)
    return plain(x, mask=mask)


def latent(x: Tensor, absorbed: bool = False) -> tuple[Tensor, Tensor]:
    layer = LatentAttention(
        16, heads=4, head_size=4, latent_size=6, rotary_size=2, absorbed=absorbed
    )
    return layer.to(x)(x, mask=masks.Causal())


def latent_absorbed(x: Tensor) -> tuple[Tensor, Tensor]:
    return latent(x, absorbed=True)


def latent_decoding(x: Tensor) -> Tensor:
    layer = LatentAttention(16, heads=4, head_size=4, latent_size=6, rotary_size=2).to(x)
    outputs, past = [], None
    for token in x.split(1, dim=1):
        output, past = layer(token, past, mask=masks.Causal())
        outputs.append(output)
    return torch.cat(outputs, dim=1)


def differential(x: Tensor) -> Tensor:
    return DifferentialAttention(16, heads=2).to(x)(x)


def differential_without_difference(x: Tensor) -> Tensor:
    layer = DifferentialAttention(16, heads=2).to(x)
    nn.init.zeros_(layer.exponents)
    layer.start = 0.0
    return layer(x)


def first_maps_alone(x: Tensor) -> Tensor:
    layer = DifferentialAttention(16, heads=2).to(x)
    query, key, value = layer.project(x)
    wide = torch.cat((value[:, ::2], value[:, 1::2]), dim=-1)
    seen = attention(query[:, ::2], key[:, ::2], wide)
    return layer.output(merge_heads(layer.norm(seen.output)))


def gated(x: Tensor) -> Tensor:
    return GatedAttention(16, heads=4).to(x)(x)


def gated_open(x: Tensor) -> Tensor:
    layer = GatedAttention(16, heads=4).to(x)
    nn.init.constant_(layer.gate.bias, 100.0)
    return layer(x)


def ungated(x: Tensor) -> Tensor:
    return plain_like(GatedAttention(16, heads=4).to(x), x)


def streaming_sinks(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=streaming(1, width=2))


def streaming_all(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=streaming(1, width=key.shape[2]))


def learned_sink(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=LearnedSink(4).to(query))


def learned_sink_rescaled(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    sink = LearnedSink(4).to(query).sink
    plain = attention(query, key, value)
    return plain.output * (plain.logsumexp - sink[:, None]).sigmoid().unsqueeze(-1)


def no_sink(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    normalize = LearnedSink(4).to(query)
    nn.init.constant_(normalize.sink, -torch.inf)
    return attention(query, key, value, normalize=normalize)


def registers(x: Tensor) -> Tensor:
    layer = Registers(MultiHeadAttention(16, heads=4), size=16, count=2)
    return layer.to(x)(x)


def no_registers(x: Tensor) -> Tensor:
    layer = Registers(MultiHeadAttention(16, heads=4), size=16, count=0)
    return layer.to(x)(x)


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
    layer = MultiTokenAttention(16, heads=4, queries=2, keys=3)
    nn.init.normal_(layer.kernel)
    return layer.to(x)(x)


def multi_token_identity(x: Tensor) -> Tensor:
    layer = MultiTokenAttention(16, heads=4, queries=2, keys=3)
    return layer.to(x)(x)


def single_token(x: Tensor) -> Tensor:
    layer = MultiTokenAttention(16, heads=4, queries=2, keys=3).to(x)
    return plain_like(layer, x, masks.Causal())


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
    Entry(
        name="Multi-head latent attention (MLA)",
        family="structure",
        tier=2,
        cite="deepseek2024",
        formula=r"k_h = [W^{UK}_h c;\, \mathrm{RoPE}(W^{KR}x)],\ v_h = W^{UV}_h c,\ c = W^{DKV}x",
        time="T²",
        memory="T; cache C + R",
        chapter=CHAPTER,
        implementation=LatentAttention,
        example=latent,
        inputs="x",
        oracle="transformers DeepseekV3Attention",
        test="tests/oracles/test_head_structures.py::test_latent_attention_equals_deepseek_v3",
        properties=frozenset({"causal"}),
        forms={"absorbed": latent_absorbed, "decoding": latent_decoding},
    ),
    Entry(
        name="Differential attention",
        family="structure",
        tier=2,
        cite="ye2024",
        formula=r"(A_1 - \lambda A_2)\,V",
        time="T²",
        memory="T",
        chapter=CHAPTER,
        implementation=DifferentialAttention,
        example=differential,
        inputs="x",
        oracle="transformers DiffLlamaAttention",
        test="tests/oracles/test_head_structures.py::test_differential_attention_equals_diffllama",
        properties=frozenset({"equivariant"}),
        limits=(
            Limit(
                "λ = 0 is the first maps alone", differential_without_difference, first_maps_alone
            ),
        ),
    ),
    Entry(
        name="Gated output",
        family="structure",
        tier=2,
        cite="qiu2025",
        formula=r"([A_1V_1;\dots;A_HV_H] \odot \sigma(xW_g))\,W_O",
        time="T²",
        memory="T",
        chapter=CHAPTER,
        implementation=GatedAttention,
        example=gated,
        inputs="x",
        oracle="transformers Qwen3NextAttention",
        test="tests/oracles/test_head_structures.py::test_gated_attention_equals_qwen3_next",
        properties=frozenset({"equivariant"}),
        limits=(Limit("open gates are multi-head attention", gated_open, ungated),),
    ),
    Entry(
        name="Kept first tokens (StreamingLLM)",
        family="structure",
        tier=2,
        cite="xiao2023",
        formula=r"j \le i \ \land\ (j < n \ \lor\ i - j < W)",
        time="T · (n + W)",
        memory="n + W",
        chapter=CHAPTER,
        implementation=streaming,
        example=streaming_sinks,
        oracle="F.scaled_dot_product_attention with the kept keys alone",
        test="tests/oracles/test_head_structures.py::test_streaming_equals_pytorch_with_the_kept_keys_alone",
        properties=frozenset({"weighted sum", "normalized", "causal"}),
        limits=(Limit("W = T is causal", streaming_all, causal_attention),),
    ),
    Entry(
        name="Learned sink",
        family="structure",
        tier=2,
        cite="openai2025",
        formula=r"\mathrm{softmax}([S, s])_{:,\,:T}\,V",
        time="T²",
        memory="T²",
        chapter=CHAPTER,
        implementation=LearnedSink,
        example=learned_sink,
        oracle="transformers GptOssAttention",
        test="tests/oracles/test_head_structures.py::test_learned_sinks_equal_gpt_oss",
        properties=frozenset({"weighted sum", "unordered"}),
        forms={"rescaled by σ(logsumexp − s)": learned_sink_rescaled},
        limits=(Limit("s = −∞ is softmax", no_sink, scaled_dot),),
    ),
    Entry(
        name="Registers",
        family="structure",
        tier=2,
        cite="darcet2023",
        formula=r"f([r_1;\dots;r_R;x])_{R+1:}",
        time="(T + R)²",
        memory="T + R",
        chapter=CHAPTER,
        implementation=Registers,
        example=registers,
        inputs="x",
        oracle="transformers Dinov2WithRegistersModel",
        test="tests/oracles/test_head_structures.py::test_registers_equal_dinov2_with_registers",
        properties=frozenset({"equivariant"}),
        limits=(Limit("no registers are plain attention", no_registers, multi_head),),
    ),
    Entry(
        name="Forgetting attention (FoX)",
        family="structure",
        tier=2,
        cite="lin2025",
        formula=r"\mathrm{softmax}\!\left(S_{ij} + \textstyle\sum_{l=j+1}^{i}\log f_l\right)V",
        time="T²",
        memory="T²",
        chapter=CHAPTER,
        implementation=ForgettingAttention,
        example=forgetting,
        inputs="x",
        oracle="F.scaled_dot_product_attention with the bias log Π f",
        test="tests/oracles/test_head_maps.py::test_forgetting_equals_pytorch_with_products_of_gates_as_a_bias",
        properties=frozenset({"causal"}),
        limits=(Limit("f = 1 is causal attention", forgetting_nothing, unforgetting),),
    ),
    Entry(
        name="Talking heads",
        family="structure",
        tier=3,
        cite="shazeer2020",
        formula=r"P_w\,\mathrm{softmax}(P_l\,S)\,V",
        time="T² · H",
        memory="T²",
        chapter=CHAPTER,
        implementation=TalkingHeads,
        example=talking_heads,
        oracle="the paper's einsums",
        test="tests/oracles/test_head_maps.py::test_talking_heads_equal_the_einsums_of_the_paper",
        properties=frozenset({"weighted sum", "unordered"}),
        limits=(Limit("P = I is on its own, head by head", silent_heads, scaled_dot),),
    ),
    Entry(
        name="Selective attention",
        family="structure",
        tier=3,
        cite="leviathan2024",
        formula=r"\mathrm{softmax}(S - F)\,V,\ F_{ij} = \textstyle\sum_{l<i}[S^{(1)}_{lj}]_+",
        time="T²",
        memory="T²",
        chapter=CHAPTER,
        implementation=SelectiveAttention,
        example=selective,
        inputs="x",
        oracle="hand-derived",
        test="tests/oracles/test_head_maps.py::test_selective_attention_equals_loops",
        properties=frozenset({"causal"}),
        limits=(Limit("masking nothing is causal attention", unselective, unselective_plain),),
    ),
    Entry(
        name="Multi-token attention",
        family="structure",
        tier=3,
        cite="golovneva2025",
        formula=r"\mathrm{softmax}(\theta * S)\,V",
        time="T² · kernel",
        memory="T²",
        chapter=CHAPTER,
        implementation=MultiTokenAttention,
        example=multi_token,
        inputs="x",
        oracle="hand-derived",
        test="tests/oracles/test_head_maps.py::test_multi_token_attention_equals_loops",
        properties=frozenset({"causal"}),
        limits=(
            Limit("the identity kernel is causal attention", multi_token_identity, single_token),
        ),
    ),
]
