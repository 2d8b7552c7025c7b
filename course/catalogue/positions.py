"""How a model knows where a token stands: added to the token, or turned into it."""

import torch
from torch import Tensor

from attnlib import Attended, attention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Causal
from attnlib.positions import sinusoidal
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.rotary import angles, rotate, turn
from attnlib.positions.rotary_scaling import interpolated, ntk_aware, yarn, yarn_scale
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.scores import scaled_dot

ROTARY = "tests/lib/oracles/test_rotary.py"
ABSOLUTE = "tests/lib/oracles/test_absolute_positions.py"


def sinusoids(x: Tensor) -> Tensor:
    waves = sinusoidal(x.shape[1], 16, dtype=x.dtype, device=x.device)
    return MultiHeadAttention(16, heads=4).to(x)(x + waves)


def learned(x: Tensor) -> Tensor:
    positions = LearnedPositions(16, longest=8).to(x)
    return MultiHeadAttention(16, heads=4).to(x)(positions(x))


def no_positions(x: Tensor) -> Tensor:
    first, second = (MultiHeadAttention(16, heads=4).to(x) for _ in range(2))
    return second(first(x, mask=Causal()), mask=Causal())


def rotary(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    places = places_of(key)
    query = rotate(query, places, pairing="interleaved")
    key = rotate(key, places, pairing="interleaved")
    return attention(query, key, value)


def all_at_one_place(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    nowhere = torch.zeros_like(places_of(key))
    query, key = (rotate(states, nowhere, pairing="interleaved") for states in (query, key))
    return attention(query, key, value)


def interpolation(query: Tensor, key: Tensor, value: Tensor, factor: float = 4) -> Attended:
    return with_turns(query, key, value, interpolated(8, factor=factor))


def ntk(query: Tensor, key: Tensor, value: Tensor, factor: float = 4) -> Attended:
    return with_turns(query, key, value, ntk_aware(8, factor=factor))


def yarned(query: Tensor, key: Tensor, value: Tensor, factor: float = 4) -> Attended:
    turns = yarn(8, factor=factor, trained_length=256)
    return with_turns(query, key, value, turns, scale=yarn_scale(8, factor=factor))


def interpolation_by_1(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return interpolation(query, key, value, factor=1)


def ntk_by_1(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return ntk(query, key, value, factor=1)


def yarned_by_1(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return yarned(query, key, value, factor=1)


def with_turns(
    query: Tensor, key: Tensor, value: Tensor, turns: Tensor, scale: float | None = None
) -> Attended:
    turned = angles(places_of(key), turns)
    query, key = (turn(states, turned, pairing="interleaved") for states in (query, key))
    return attention(query, key, value, scale=scale)


def places_of(states: Tensor) -> Tensor:
    return torch.arange(states.shape[2], device=states.device)


PLAIN: frozenset[Property] = frozenset({"weighted sum", "normalized"})

ENTRIES = [
    Entry(
        name="Sinusoidal positions",
        tier=1,
        cite="vaswani2017",
        formula=r"x_p + \left[\sin p\theta_i;\ \cos p\theta_i\right],\\ \theta_i = 10000^{-2i/E}",
        time="T² · D (adding the waves: T · E)",
        memory="T · D (fused), T² (weights read)",
        implementation=sinusoidal,
        example=sinusoids,
        inputs="x",
        oracle="transformers DistilBERT",
        test=f"{ABSOLUTE}::test_sinusoids_equal_distilbert",
    ),
    Entry(
        name="Learned positions",
        tier=1,
        cite="gehring2017",
        formula=r"x_p + E_p",
        time="T² · D (adding them: T · E)",
        memory="T · D (fused), T² (weights read)",
        implementation=LearnedPositions,
        example=learned,
        inputs="x",
        oracle="transformers GPT-2",
        test=f"{ABSOLUTE}::test_learned_positions_equal_gpt2",
    ),
    Entry(
        name="No positions (NoPE)",
        tier=2,
        cite="kazemnejad2023",
        formula=r"\mathrm{softmax}(S_{ij},\ j \le i)\,V",
        time="T² · D, half of the pairs",
        memory="T · D (fused), T² (weights read)",
        same_as="Causal mask",
        implementation=MultiHeadAttention,
        example=no_positions,
        inputs="x",
        oracle="transformers SmolLM3",
        test=f"{ABSOLUTE}::test_a_layer_without_positions_equals_smollm3",
        properties=frozenset({"causal"}),
    ),
    Entry(
        name="Rotary positions (RoPE)",
        tier=2,
        cite="su2021",
        formula=r"\mathrm{softmax}\left((R_iq_i)^\top R_jk_j/\sqrt{D}\right)V",
        time="T² · D (turning alone: T · D)",
        memory="T · D (fused), T² (weights read)",
        implementation=rotate,
        example=rotary,
        oracle="transformers Llama (half), RoFormer (interleaved)",
        test=f"{ROTARY}::test_interleaved_pairing_equals_roformer",
        properties=PLAIN,
        limits=(Limit("all at one place is no rotation", all_at_one_place, scaled_dot),),
    ),
    Entry(
        name="Position interpolation",
        tier=2,
        cite="chen2023",
        formula=r"\theta_i' = \theta_i / s",
        time="T² · D (turning alone: T · D)",
        memory="T · D (fused), T² (weights read)",
        implementation=interpolated,
        example=interpolation,
        oracle="transformers, linear rotary scaling",
        test=f"{ROTARY}::test_interpolated_frequencies_equal_transformers",
        properties=PLAIN,
        limits=(Limit("s = 1 is RoPE", interpolation_by_1, rotary),),
    ),
    Entry(
        name="NTK-aware scaling",
        tier=2,
        cite="peng2024",
        formula=r"\theta_i' = \left(b\,s^{D/(D-2)}\right)^{-2i/D}",
        time="T² · D (turning alone: T · D)",
        memory="T · D (fused), T² (weights read)",
        implementation=ntk_aware,
        example=ntk,
        oracle="transformers, dynamic rotary scaling",
        test=f"{ROTARY}::test_ntk_aware_frequencies_equal_transformers_at_that_length",
        properties=PLAIN,
        limits=(Limit("s = 1 is RoPE", ntk_by_1, rotary),),
    ),
    Entry(
        name="YaRN",
        tier=2,
        cite="peng2024",
        formula=r"\theta_i' = (1-\gamma_i)\,\theta_i/s + \gamma_i\theta_i,\\"
        r"S' = (0.1\ln s + 1)^2 S",
        time="T² · D (turning alone: T · D)",
        memory="T · D (fused), T² (weights read)",
        implementation=yarn,
        example=yarned,
        oracle="transformers, YaRN scaling of gpt-oss and DeepSeek-V3",
        test=f"{ROTARY}::test_yarn_over_pairs_equals_transformers_on_the_whole_ramp",
        properties=PLAIN,
        limits=(Limit("s = 1 is RoPE", yarned_by_1, rotary),),
    ),
]
