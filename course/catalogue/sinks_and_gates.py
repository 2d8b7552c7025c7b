"""What lets a head attend to nothing: a difference, a gate, a sink, a register."""

import torch
from torch import Tensor, nn

from attnlib import Attended, attention
from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.gated import GatedAttention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.heads.registers import Registers
from attnlib.layout import merge_heads
from attnlib.masks.sinks import streaming
from attnlib.normalizers import LearnedSink
from course.catalogue.entry import Entry, Limit
from course.catalogue.masks_and_biases import causal as causal_attention
from course.catalogue.scores import scaled_dot
from course.catalogue.structure import multi_head, plain_like


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
    seen = attention(query[:, ::2], key[:, ::2], value[:, ::2])
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


ENTRIES = [
    Entry(
        name="Differential attention",
        tier=2,
        cite="ye2024",
        formula=r"(A_1 - \lambda A_2)\,V",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=DifferentialAttention,
        example=differential,
        inputs="x",
        oracle="transformers DiffLlamaAttention",
        test="tests/lib/oracles/test_head_structures.py::test_differential_attention_equals_diffllama",
        properties=frozenset({"equivariant"}),
        limits=(
            Limit(
                "λ = 0 is the first maps alone", differential_without_difference, first_maps_alone
            ),
        ),
    ),
    Entry(
        name="Gated output",
        tier=2,
        cite="qiu2025",
        formula=r"([A_1V_1;\dots;A_HV_H] \odot \sigma(xW_g))\,W_O",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=GatedAttention,
        example=gated,
        inputs="x",
        oracle="transformers Qwen3NextAttention",
        test="tests/lib/oracles/test_head_structures.py::test_gated_attention_equals_qwen3_next",
        properties=frozenset({"equivariant"}),
        limits=(Limit("open gates are multi-head attention", gated_open, ungated),),
    ),
    Entry(
        name="Kept first tokens (StreamingLLM)",
        tier=2,
        cite="xiao2023",
        formula=r"j \le i \ \land\ (j < n \ \lor\ i - j < W)",
        time="T · (n + W) · D (paper), T² · D (here)",
        memory="cache 2 · (n + W) · D (paper), T² (here)",
        implementation=streaming,
        example=streaming_sinks,
        oracle="F.scaled_dot_product_attention with the kept keys alone",
        test="tests/lib/oracles/test_head_structures.py::test_streaming_equals_pytorch_with_the_kept_keys_alone",
        properties=frozenset({"weighted sum", "normalized", "causal"}),
        limits=(Limit("W = T is causal", streaming_all, causal_attention),),
    ),
    Entry(
        name="Learned sink",
        tier=2,
        cite="openai2025",
        formula=r"\mathrm{softmax}([S, s])_{:,\,:T}\,V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=LearnedSink,
        example=learned_sink,
        oracle="transformers GptOssAttention",
        test="tests/lib/oracles/test_head_structures.py::test_learned_sinks_equal_gpt_oss",
        properties=frozenset({"weighted sum", "unordered"}),
        forms={"rescaled by σ(logsumexp − s)": learned_sink_rescaled},
        limits=(Limit("s = −∞ is softmax", no_sink, scaled_dot),),
    ),
    Entry(
        name="Registers",
        tier=2,
        cite="darcet2023",
        formula=r"f([r_1;\dots;r_R;x])_{R+1:}",
        time="(T + R)² · D",
        memory="(T + R) · D (fused), (T + R)² (weights read)",
        implementation=Registers,
        example=registers,
        inputs="x",
        oracle="transformers Dinov2WithRegistersModel",
        test="tests/lib/oracles/test_head_structures.py::test_registers_equal_dinov2_with_registers",
        properties=frozenset({"equivariant"}),
        limits=(Limit("no registers are plain attention", no_registers, multi_head),),
    ),
]
