"""How a query and a key are compared."""

import torch
import torch.nn.functional as F
from torch import Tensor

from attnlib import Attend, Attended, Weighed, attention, scores
from attnlib.heads.location_sensitive import LocationSensitiveAttention
from attnlib.scores.cosine import Cosine
from attnlib.scores.location import Location
from course.catalogue.entry import Entry, Limit, Property


def scaled_dot(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value)


def dot(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=scores.dot)


def general(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=scores.General(8, 8).to(query))


def additive(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=scores.Additive(8, 8, hidden_size=16).to(query))


def gaussian_kernel(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=scores.GaussianKernel(width=1.0))


def general_identity(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    score = scores.General(8, 8).to(query)
    torch.nn.init.eye_(score.weight)
    return attention(query, key, value, score=score)


def cosine(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=Cosine(strength=8.0).to(query))


def cosine_of_unit_vectors(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return cosine(F.normalize(query, dim=-1), F.normalize(key, dim=-1), value)


def dot_of_unit_vectors(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
    return attention(query, key, value, score=scores.dot, scale=8.0)


def location(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=Location(8, longest=16).to(query))


def location_sensitive(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    layer = LocationSensitiveAttention(8, 8, hidden_size=16, filters=3, width=5)
    return layer.to(query)(query, key, value)


def blind_location_sensitive(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    layer = LocationSensitiveAttention(8, 8, hidden_size=16, filters=3, width=5).to(query)
    torch.nn.init.zeros_(layer.location.weight)
    return layer(query, key, value).output


def additive_likewise(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    layer = LocationSensitiveAttention(8, 8, hidden_size=16, filters=3, width=5).to(query)
    score = scores.Additive(8, 8, hidden_size=16).to(query)
    Attend(score=score).load_state_dict(layer.attend.state_dict(), strict=False)
    score.key = layer.key
    return attention(query, key, value, score=score)


SOFTMAX: frozenset[Property] = frozenset({"weighted sum", "normalized", "unordered"})

ENTRIES = [
    Entry(
        name="Scaled dot product",
        tier=1,
        cite="vaswani2017",
        formula=r"\mathrm{softmax}(QK^\top/\sqrt{D})\,V",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=scores.scaled_dot,
        example=scaled_dot,
        oracle="F.scaled_dot_product_attention",
        test="tests/lib/oracles/test_scores.py::test_scaled_dot_equals_pytorch",
        properties=SOFTMAX,
    ),
    Entry(
        name="Dot product",
        tier=1,
        cite="luong2015",
        formula=r"\mathrm{softmax}(QK^\top)\,V",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=scores.dot,
        example=dot,
        oracle="F.scaled_dot_product_attention(scale=1)",
        test="tests/lib/oracles/test_scores.py::test_dot_equals_pytorch_with_scale_1",
        properties=SOFTMAX,
    ),
    Entry(
        name="General (bilinear)",
        tier=1,
        cite="luong2015",
        formula=r"\mathrm{softmax}(QWK^\top)\,V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=scores.General,
        example=general,
        oracle="F.scaled_dot_product_attention(QW, K, V, scale=1)",
        test="tests/lib/oracles/test_scores.py::test_general_equals_pytorch_on_projected_queries",
        properties=SOFTMAX,
        limits=(Limit("W = I is the dot product", general_identity, dot),),
    ),
    Entry(
        name="Additive",
        tier=1,
        cite="bahdanau2014",
        formula=r"\mathrm{softmax}_j\!\left(v^\top\tanh(Wq_i + Uk_j)\right)V",
        time="T² · (A + D), A: hidden size",
        memory="T² · A",
        implementation=scores.Additive,
        example=additive,
        oracle="keras.layers.AdditiveAttention",
        test="tests/lib/oracles/test_scores.py::test_additive_equals_keras",
        properties=SOFTMAX,
    ),
    Entry(
        name="Gaussian kernel (Nadaraya–Watson)",
        tier=1,
        cite="nadaraya1964",
        formula=r"\mathrm{softmax}_j\!\left(-\lVert q_i-k_j\rVert^2/2w^2\right)V",
        time="T² · D",
        memory="T · D (fused), T² · D (here)",
        implementation=scores.GaussianKernel,
        example=gaussian_kernel,
        oracle="F.scaled_dot_product_attention with the bias −‖k‖²/2w²",
        test="tests/lib/oracles/test_scores.py::test_gaussian_kernel_equals_pytorch_with_a_key_bias",
        properties=SOFTMAX,
    ),
    Entry(
        name="Cosine",
        tier=2,
        cite="henry2020",
        formula=r"\mathrm{softmax}_j\!\left(c\,"
        r"\frac{q_i\cdot k_j}{\lVert q_i\rVert\lVert k_j\rVert}\right)V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=Cosine,
        example=cosine,
        oracle="F.scaled_dot_product_attention(q/‖q‖, k/‖k‖, v, scale=c)",
        test="tests/lib/oracles/test_more_scores.py::test_cosine_equals_pytorch_on_unit_vectors",
        properties=SOFTMAX,
        limits=(
            Limit("of unit vectors it is c · q·k", cosine_of_unit_vectors, dot_of_unit_vectors),
        ),
    ),
    Entry(
        name="Location",
        tier=1,
        cite="luong2015",
        formula=r"\mathrm{softmax}(QW^\top)\,V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=Location,
        example=location,
        oracle="F.scaled_dot_product_attention(q, W, v, scale=1)",
        test="tests/lib/oracles/test_more_scores.py"
        "::test_location_equals_pytorch_with_the_places_as_keys",
        properties=frozenset({"weighted sum", "normalized"}),
    ),
    Entry(
        name="Location-sensitive",
        tier=1,
        cite="chorowski2015",
        formula=r"s_j = v^\top\tanh(Wq_i + Uk_j\\ {}+ L(F * \alpha_{i-1})_j + b),\\"
        r"\mathrm{softmax}_j(s_j)\,V",
        time="T² · (F · A + D), A: hidden size, F: filters",
        memory="T² + T · A",
        implementation=LocationSensitiveAttention,
        example=location_sensitive,
        oracle="keras.layers.AdditiveAttention step by step on F.conv1d, and loops",
        test="tests/lib/oracles/test_second_oracles_of_weights.py::test_location_sensitive_equals_keras_step_by_step",
        limits=(Limit("L = 0 is additive", blind_location_sensitive, additive_likewise),),
    ),
]
