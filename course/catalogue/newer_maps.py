"""How scores become weights in 2024 to 2026: sticks, rectified, signed, scaled by the length."""

import math

import torch
from torch import Tensor

from attnlib import Attended, attention
from attnlib.masks import Causal
from attnlib.normalizers import LengthScaled, TemperatureTuned, signed, softpick, stick_breaking
from course.catalogue.entry import Entry, Limit
from course.catalogue.scores import scaled_dot

TESTS = "tests/lib/oracles/test_newer_maps.py"


def broken_stick(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal(), normalize=stick_breaking)


def picked(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=softpick)


def cog(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=signed)


def cog_of_positive_scores(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return cog(query.abs(), key.abs(), value)


def softmax_of_positive_scores(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return scaled_dot(query.abs(), key.abs(), value)


def length_scaled(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=LengthScaled(4).to(query))


def unscaled(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    normalize = LengthScaled(4).to(query)
    torch.nn.init.constant_(normalize.strength, 1 / math.log(key.shape[2]))
    return attention(query, key, value, normalize=normalize)


def tuned(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=TemperatureTuned(2, 0.5))


def tuned_beyond(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=TemperatureTuned(8192, 0.1))


ENTRIES = [
    Entry(
        name="Stick-breaking",
        tier=3,
        cite="tan2024",
        formula=r"A_{ij} = \sigma(s_{ij})\textstyle\prod_{l=j+1}^{i}(1 - \sigma(s_{il}))",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=stick_breaking,
        example=broken_stick,
        oracle="flash-linear-attention naive_stickbreaking_attn",
        test=f"{TESTS}::test_stick_breaking_equals_flash_linear_attention",
        properties=frozenset({"weighted sum", "causal"}),
    ),
    Entry(
        name="Softpick",
        tier=3,
        cite="zuhri2025",
        formula=r"\frac{[e^{s_j} - 1]_+}{\sum_l |e^{s_l} - 1|}",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=softpick,
        example=picked,
        oracle="F.normalize(scores.expm1(), p=1).relu(), and by hand",
        test="tests/lib/oracles/test_second_oracles_of_weights.py::test_softpick_equals_pytorchs_expm1_and_l1_norm",
        properties=frozenset({"weighted sum", "unordered"}),
    ),
    Entry(
        name="Signed weights (Cog)",
        tier=3,
        cite="lv2024",
        formula=r"\left(\mathrm{sign}(S)\odot\mathrm{softmax}(|S|)\right)V",
        time="T² · D",
        memory="T²",
        implementation=signed,
        example=cog,
        oracle="x-transformers Attend(cog_signed=True)",
        test=f"{TESTS}::test_signed_weights_equal_cog_attention_of_x_transformers",
        properties=frozenset({"weighted sum", "unordered"}),
        limits=(
            Limit(
                "of positive scores it is softmax",
                cog_of_positive_scores,
                softmax_of_positive_scores,
            ),
        ),
    ),
    Entry(
        name="Scalable softmax",
        tier=2,
        cite="nakanishi2025",
        formula=r"\mathrm{softmax}(c\,\log n\; QK^\top/\sqrt{D})\,V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=LengthScaled,
        example=length_scaled,
        oracle="F.scaled_dot_product_attention(c · log n · q, k, v)",
        test=f"{TESTS}"
        "::test_length_scaled_equals_pytorch_on_queries_times_the_logarithm_of_their_place",
        properties=frozenset({"weighted sum", "normalized", "unordered"}),
        limits=(Limit("c = 1/log n is softmax", unscaled, scaled_dot),),
    ),
    Entry(
        name="Temperature tuning",
        tier=2,
        cite="nakanishi2025",
        formula=r"\mathrm{softmax}\!\left((1 + a\log(1 + \lfloor n/f\rfloor))\,S\right)V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=TemperatureTuned,
        example=tuned,
        oracle="transformers Llama4TextAttention",
        test=f"{TESTS}::test_temperature_tuning_equals_llama_4",
        properties=frozenset({"weighted sum", "normalized", "unordered"}),
        limits=(Limit("up to f keys it is softmax", tuned_beyond, scaled_dot),),
    ),
]
