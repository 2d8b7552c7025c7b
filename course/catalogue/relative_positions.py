"""How far a query stands from a key, as a part of the score."""

import torch
from torch import Tensor, nn

from attnlib import Attended, attention, scores
from attnlib.heads.relative import RelativeAttention
from attnlib.layout import merge_heads
from attnlib.masks import Causal
from attnlib.positions.contextual import ContextualPositions
from attnlib.positions.disentangled import DisentangledPositions
from attnlib.positions.householder import HouseholderSteps, householder_bias
from attnlib.positions.t5_buckets import BucketedBias
from attnlib.positions.transformer_xl import DistanceSinusoids
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.masks_and_biases import causal
from course.catalogue.scores import dot, scaled_dot

RELATIVE = "tests/lib/oracles/test_relative_positions.py"
COMPUTED = "tests/lib/oracles/test_computed_positions.py"


def relative(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return RelativeAttention(8, longest=2).to(query)(query, key, value)


def buckets(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = BucketedBias(4, buckets=8, longest=20).to(query)
    bias = positions(query.shape[2], key.shape[2])
    return attention(query, key, value, score=scores.dot, bias=bias)


def transformer_xl(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = DistanceSinusoids(16, heads=4, head_size=8).to(query)
    asking, bias = positions(query, key.shape[2])
    return attention(asking, key, value, bias=bias)


def disentangled(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = DisentangledPositions(16, heads=4, head_size=8, longest=2).to(query)
    bias = positions(query, key)
    return attention(query, key, value, bias=bias, scale=positions.scale)


def contextual(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = ContextualPositions(8, longest=4)
    nn.init.normal_(positions.table)
    positions.to(query)
    return attention(query, key, value, mask=Causal(), bias=positions(query, key))


def path(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    steps = HouseholderSteps(32, heads=4, head_size=8, rank=8).to(query)
    directions, strengths = steps(merge_heads(key))  # a layer makes them from its tokens x
    bias = householder_bias(query, key, directions, strengths)
    return attention(query, key, value, mask=Causal(), bias=bias)


def relative_without_tables(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = RelativeAttention(8, longest=2).to(query)
    empty(positions)
    return positions(query, key, value)


def buckets_all_alike(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = BucketedBias(4, buckets=8, longest=20).to(query)
    nn.init.ones_(positions.table)
    bias = positions(query.shape[2], key.shape[2])
    return attention(query, key, value, score=scores.dot, bias=bias)


def transformer_xl_without_positions(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = DistanceSinusoids(16, heads=4, head_size=8).to(query)
    empty(positions)
    asking, bias = positions(query, key.shape[2])
    return attention(asking, key, value, bias=bias)


def disentangled_without_table(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = DisentangledPositions(16, heads=4, head_size=8, longest=2).to(query)
    empty(positions)
    bias = positions(query, key)
    return attention(query, key, value, bias=bias, scale=positions.scale)


def scaled_by_3(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, scale=24**-0.5)


def contextual_without_table(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    positions = ContextualPositions(8, longest=4).to(query)
    return attention(query, key, value, mask=Causal(), bias=positions(query, key))


def path_without_strength(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    nothing = torch.zeros_like(key[..., 0])
    bias = householder_bias(query, key, key, nothing)
    return attention(query, key, value, mask=Causal(), bias=bias)


def empty(positions: nn.Module) -> None:
    for parameter in positions.parameters():
        nn.init.zeros_(parameter)


PLAIN: frozenset[Property] = frozenset({"weighted sum", "normalized"})

ENTRIES = [
    Entry(
        name="Relative keys and values",
        tier=2,
        cite="shaw2018",
        formula=r"\sum_j \mathrm{softmax}_j\left(q_i^\top(k_j + a^K_{j-i})/\sqrt{D}\right)\\"
        r"(v_j + a^V_{j-i})",
        time="T² · D",
        memory="T²",
        implementation=RelativeAttention,
        example=relative,
        oracle="transformers VitsAttention; Wav2Vec2-BERT and a loop, where clipped",
        test="tests/lib/oracles/test_second_oracles_of_heads.py::test_relative_keys_and_values_equal_vits",
        properties=frozenset({"normalized"}),
        limits=(Limit("empty tables are no positions", relative_without_tables, scaled_dot),),
    ),
    Entry(
        name="T5 buckets",
        tier=2,
        cite="raffel2020",
        formula=r"\mathrm{softmax}\left(QK^\top + b_{h,\,\mathrm{bucket}(i-j)}\right)V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=BucketedBias,
        example=buckets,
        oracle="transformers T5",
        test="tests/lib/oracles/test_biases.py::test_bucketed_bias_equals_t5_attention",
        properties=PLAIN,
        limits=(Limit("buckets all alike are no positions", buckets_all_alike, dot),),
    ),
    Entry(
        name="Transformer-XL positions",
        tier=2,
        cite="dai2019",
        formula=r"\left((q_i + u)^\top k_j + (q_i + v)^\top W r_{i-j}\right)/\sqrt{D}",
        time="T² · D",
        memory="T²",
        implementation=DistanceSinusoids,
        example=transformer_xl,
        oracle="transformers XLNet",
        test=f"{RELATIVE}::test_distance_sinusoids_equal_xlnet",
        properties=PLAIN,
        limits=(
            Limit("u = v = W = 0 is no positions", transformer_xl_without_positions, scaled_dot),
        ),
    ),
    Entry(
        name="Disentangled positions (DeBERTa)",
        tier=3,
        cite="he2021",
        formula=r"\left(q_i^\top k_j + q_i^\top k^r_{i-j} + k_j^\top q^r_{j-i}\right)/\sqrt{3D}",
        time="T² · D",
        memory="T²",
        implementation=DisentangledPositions,
        example=disentangled,
        oracle="transformers DeBERTa, its third score mirrored as in the paper",
        test=f"{RELATIVE}::test_disentangled_positions_equal_deberta",
        properties=PLAIN,
        limits=(Limit("an empty table leaves q·k/√(3D)", disentangled_without_table, scaled_by_3),),
    ),
    Entry(
        name="Contextual positions (CoPE)",
        tier=3,
        cite="golovneva2024",
        formula=r"s_{ij} + q_i^\top e\left(\textstyle\sum_{t=j}^{i} \sigma(s_{it})\right)",
        time="T² · D",
        memory="T²",
        implementation=ContextualPositions,
        example=contextual,
        oracle="x-transformers CoPE, and a naive loop",
        test="tests/lib/oracles/test_second_oracles.py::test_contextual_positions_equal_x_transformers",
        properties=PLAIN | {"causal"},
        limits=(Limit("an empty table is causal", contextual_without_table, causal),),
    ),
    Entry(
        name="Householder path (PaTH)",
        tier=3,
        cite="yang2025path",
        formula=r"k_j^\top\left(\prod_{t=j+1}^{i}(I - \beta_tw_tw_t^\top)\right)q_i/\sqrt{D}",
        time="T² · D (paper), T³ (here)",
        memory="T · D (paper), T² (here)",
        implementation=householder_bias,
        example=path,
        oracle="flash-linear-attention naive_path_attn, and a naive product of matrices",
        test="tests/lib/oracles/test_second_oracles.py::test_householder_path_equals_flash_linear_attention",
        properties=PLAIN | {"causal"},
        limits=(Limit("β = 0 is causal", path_without_strength, causal),),
    ),
]
