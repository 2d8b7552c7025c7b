"""How released models slow the turns of RoPE; turns by several axes, polar ones, fading ones."""

import math
from functools import partial

import torch
from torch import Tensor

from attnlib import Attended, attention
from attnlib.heads import AlternatingAttention, MultiHeadAttention
from attnlib.masks import Causal
from attnlib.positions import (
    angles,
    axial_angles,
    by_wavelength,
    dynamic_ntk,
    fading_rotation,
    frequencies,
    proportional,
    rotate,
    searched,
    searched_scale,
    shared_angles,
    turn,
)
from attnlib.positions.polar import PolarPositions
from course.catalogue.entry import Entry, Limit
from course.catalogue.positions import PLAIN, places_of, rotary, with_turns
from course.catalogue.scores import scaled_dot

ORACLES = "tests/lib/oracles/test_more_positions.py"
TIME, MEMORY = "T² · D (turning alone: T · D)", "T · D (fused), T² (weights read)"


def slowed_by_wavelength(query: Tensor, key: Tensor, value: Tensor, factor: float = 8) -> Attended:
    return with_turns(query, key, value, by_wavelength(8, factor=factor, trained_length=64))


def wavelength_by_1(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return slowed_by_wavelength(query, key, value, factor=1)


def slowed_by_search(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    turns = searched(8, factors=(1.0, 1.5, 2.5, 4.0))
    scale = searched_scale(8, factor=4, trained_length=64)
    return with_turns(query, key, value, turns, scale=scale)


def nothing_found(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    scale = searched_scale(8, factor=1, trained_length=64)
    return with_turns(query, key, value, searched(8, factors=(1.0,) * 4), scale=scale)


def slowed_as_it_grows(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    turns = dynamic_ntk(8, length=key.shape[2], trained_length=2)
    return with_turns(query, key, value, turns)


def not_grown(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    turns = dynamic_ntk(8, length=key.shape[2], trained_length=99, factor=4)
    return with_turns(query, key, value, turns)


def turned_in_part(query: Tensor, key: Tensor, value: Tensor, share: float = 0.5) -> Attended:
    return with_turns(query, key, value, proportional(8, share=share))


def all_turn(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return turned_in_part(query, key, value, share=1)


def none_turn(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return turned_in_part(query, key, value, share=0)


def turned_by(query: Tensor, key: Tensor, value: Tensor, turned: Tensor) -> Attended:
    query, key = (turn(states, turned, pairing="interleaved") for states in (query, key))
    return attention(query, key, value)


def shared_axes(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    """Rows of 3 pixels, all at one time."""
    places = places_of(key)
    grid = (places * 0, places // 3, places % 3)
    turned = shared_angles(grid, frequencies(8), sections=(2, 1, 1))
    return turned_by(query, key, value, turned)


def text_on_all_axes(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    places = [places_of(key)] * 3
    turned = shared_angles(places, frequencies(8), sections=(2, 1, 1))
    return turned_by(query, key, value, turned)


def rows_and_columns(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    places = places_of(key)
    turned = axial_angles((places // 3, places % 3), rotary_size=8)
    return turned_by(query, key, value, turned)


def one_axis(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    turned = axial_angles((places_of(key),), rotary_size=8)
    return turned_by(query, key, value, turned)


def polar(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    layer = PolarPositions(4, head_size=8).to(query)
    query, key = layer(query, key)
    return attention(query, key, value, scale=1 / math.sqrt(8))


def polar_at_one_place(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    layer = PolarPositions(4, head_size=8).to(query)
    query, key = layer(query, key, places=places_of(key) * 0)
    return attention(query, key, value, scale=1 / math.sqrt(8))


def lengths_alone(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    softplus = torch.nn.functional.softplus
    return attention(softplus(query), softplus(key), value)


def fading(query: Tensor, key: Tensor, value: Tensor, spread: float = 8) -> Attended:
    query, key = fading_rotation(query, key, pairing="interleaved", spread=spread)
    return attention(query, key, value)


def not_fading(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return fading(query, key, value, spread=1e12)


def half_circles(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    turned = angles(places_of(key), frequencies(8))
    return turned_by(query, key, value, turned)


def near_and_far(x: Tensor, every: int = 2) -> Tensor:
    """Two layers, the second of which sees all and knows no places."""
    by_place = partial(rotate, pairing="half")
    attend = AlternatingAttention(16, 4, layers=2, every=every, window=2, turn=by_place).to(x)
    for layer in range(2):
        x = x + attend(x, layer=layer)
    return x


def all_far(x: Tensor) -> Tensor:
    return near_and_far(x, every=1)


def two_without_places(x: Tensor) -> Tensor:
    for layer in [MultiHeadAttention(16, 4).to(x) for _ in range(2)]:
        x = x + layer(x, mask=Causal())
    return x


ENTRIES = [
    Entry(
        name="Scaling by wavelength (Llama 3)",
        tier=2,
        cite="dubey2024",
        formula=r"\theta_i' = (1-\gamma_i)\,\theta_i/s + \gamma_i\theta_i,\\"
        r"\gamma_i = \mathrm{clamp}\!\left((L\theta_i/2\pi - 1)/3\right)",
        time=TIME,
        memory=MEMORY,
        implementation=by_wavelength,
        example=slowed_by_wavelength,
        oracle="transformers, llama3 rotary scaling",
        test=f"{ORACLES}::test_frequencies_by_wavelength_equal_llama_3",
        properties=PLAIN,
        limits=(Limit("s = 1 is RoPE", wavelength_by_1, rotary),),
    ),
    Entry(
        name="LongRoPE",
        tier=2,
        cite="ding2024",
        formula=r"\theta_i' = \theta_i/\lambda_i,\\ S' = (1 + \ln s/\ln L)\,S",
        time=TIME,
        memory=MEMORY,
        implementation=searched,
        example=slowed_by_search,
        oracle="transformers, longrope rotary scaling",
        test=f"{ORACLES}::test_searched_frequencies_and_scale_equal_transformers",
        properties=PLAIN,
        limits=(Limit("all λ and s at 1 are RoPE", nothing_found, rotary),),
    ),
    Entry(
        name="Dynamic NTK scaling",
        tier=3,
        cite="peng2024",
        formula=r"\theta_i' = \left(b\,(sT/L - s + 1)^{D/(D-2)}\right)^{-2i/D}",
        time=TIME,
        memory=MEMORY,
        implementation=dynamic_ntk,
        example=slowed_as_it_grows,
        oracle="transformers, dynamic rotary scaling",
        test=f"{ORACLES}::test_dynamic_frequencies_equal_transformers",
        properties=PLAIN,
        limits=(Limit("up to the trained length it is RoPE", not_grown, rotary),),
    ),
    Entry(
        name="Proportional rotary positions (p-RoPE)",
        tier=2,
        cite="barbero2024",
        formula=r"\theta_i' = \begin{cases}\theta_i & i < pD/2\\ 0 & \text{else}\end{cases}",
        time=TIME,
        memory=MEMORY,
        implementation=proportional,
        example=turned_in_part,
        oracle="transformers, proportional rotary scaling of Gemma 4",
        test=f"{ORACLES}::test_proportional_frequencies_equal_gemma_4",
        properties=PLAIN,
        limits=(
            Limit("p = 1 is RoPE", all_turn, rotary),
            Limit("p = 0 has no positions", none_turn, scaled_dot),
        ),
    ),
    Entry(
        name="Multimodal rotary positions (M-RoPE)",
        tier=2,
        cite="wang2024qwen",
        formula=r"\text{angle}_i = p_{a(i)}\,\theta_i,\quad a(i)\in\{\text{time, row, column}\}",
        time=TIME,
        memory=MEMORY,
        implementation=shared_angles,
        example=shared_axes,
        oracle="transformers Qwen2-VL, Qwen3-VL (interleaved)",
        test=f"{ORACLES}::test_shared_angles_equal_qwen2_vl",
        properties=PLAIN,
        limits=(Limit("the same place on all axes is RoPE", text_on_all_axes, rotary),),
    ),
    Entry(
        name="Rotary positions in 2-D and 3-D",
        tier=2,
        cite="heo2024",
        formula=r"\left[\,p_{\text{row}}\,\theta;\ p_{\text{column}}\,\theta\,\right],\\"
        r"\theta_i = b^{-4i/D}",
        time=TIME,
        memory=MEMORY,
        implementation=axial_angles,
        example=rows_and_columns,
        oracle="transformers Qwen2-VL, its vision tower",
        test=f"{ORACLES}::test_axial_angles_equal_the_eye_of_qwen2_vl",
        properties=PLAIN,
        limits=(Limit("one axis is RoPE", one_axis, rotary),),
    ),
    Entry(
        name="Polar positions (PoPE)",
        tier=3,
        cite="gopalakrishnan2025",
        formula=r"\textstyle\sum_c \mu(q_c)\,\mu(k_c)\cos\!\left((j-i)\theta_c + \delta_c\right),\\"
        r"\mu = \text{softplus}",
        time="T² · 2D (turning alone: T · D)",
        memory=MEMORY,
        implementation=PolarPositions,
        example=polar,
        oracle="x-transformers PolarEmbedding",
        test=f"{ORACLES}::test_polar_positions_equal_x_transformers",
        properties=PLAIN,
        limits=(Limit("all at one place: products of lengths", polar_at_one_place, lengths_alone),),
    ),
    Entry(
        name="Fading rotation (xPos)",
        tier=3,
        cite="sun2022",
        formula=r"\textstyle\sum_c \zeta_c^{(i-j)/512}\,(R_i q)_c\cdot(R_j k)_c",
        time=TIME,
        memory=MEMORY,
        implementation=fading_rotation,
        example=fading,
        oracle="x-transformers RotaryEmbedding(use_xpos=True)",
        test=f"{ORACLES}::test_a_fading_rotation_equals_x_transformers",
        properties=PLAIN,
        limits=(Limit("faded over 10¹² places it is RoPE", not_fading, half_circles),),
    ),
    Entry(
        name="Near with places, far without (RNoPE, iRoPE)",
        tier=2,
        cite="yang2025rnope",
        formula=r"\mathrm{softmax}\left(R_iq_i\cdot R_jk_j,\ i-j < w\right)V "
        r"\text{ in most layers},\\ "
        r"\mathrm{softmax}\left(q_i\cdot k_j\right)V \text{ in every } n\text{-th}",
        time="T · w · D in most layers (gathered), T² · D in the others",
        memory="w · D in most layers (cached), T · D in the others",
        implementation=AlternatingAttention,
        example=near_and_far,
        inputs="x",
        oracle="transformers Cohere2Attention, both kinds of layers",
        test="tests/lib/oracles/test_shared_heads.py::"
        "test_a_layer_near_and_a_layer_far_equal_command_a",
        properties=frozenset({"causal"}),
        limits=(Limit("n = 1: layers without positions", all_far, two_without_places),),
    ),
]
