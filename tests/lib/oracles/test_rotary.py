"""Rotary positions against transformers' Llama (half) and RoFormer (interleaved)."""

import math

import pytest
import torch
from transformers import DeepseekV3Config, GptOssConfig, LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb
from transformers.models.roformer.modeling_roformer import (
    RoFormerSelfAttention,
    RoFormerSinusoidalPositionalEmbedding,
)

from attnlib.positions.rotary import angles, frequencies, rotate
from attnlib.positions.rotary_scaling import interpolated, ntk_aware, yarn, yarn_scale
from oracles.agreement import EXACT, assert_agree, normal

SINGLE = {"rtol": 1e-6, "atol": 1e-6}  # where the other side computes in float32
PAIRINGS = ["half", "interleaved"]


def llama(**rope):
    return LlamaConfig(
        head_dim=32,
        max_position_embeddings=256,
        rope_parameters={"rope_theta": 10_000.0, **rope},
    )


@pytest.mark.parametrize("places", [torch.arange(7), torch.tensor([[0, 3, 9], [5, 5, 1]])])
def test_half_pairing_equals_llama(places):
    states = normal(2, 3, places.shape[-1], 10)
    turned = angles(places, frequencies(10)).expand(2, -1, -1)
    both_halves = torch.cat((turned, turned), dim=-1)
    expected, _ = apply_rotary_pos_emb(states, states, both_halves.cos(), both_halves.sin())
    assert_agree(rotate(states, places, pairing="half"), expected, (states,))


def test_interleaved_pairing_equals_roformer():
    states = normal(2, 3, 7, 10)
    table = RoFormerSinusoidalPositionalEmbedding(7, 10).double()
    table.weight.data = table.create_weight().double()
    expected, _ = RoFormerSelfAttention.apply_rotary_position_embeddings(
        table((2, 7))[None, None], states, states
    )
    actual = rotate(states, torch.arange(7), pairing="interleaved")
    torch.testing.assert_close(actual, expected, **SINGLE)


@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_frequencies_equal_llama(base):
    theirs = LlamaRotaryEmbedding(llama(rope_type="default", rope_theta=base)).inv_freq
    torch.testing.assert_close(frequencies(32, base=base).float(), theirs, rtol=1e-6, atol=0)


def test_interpolated_frequencies_equal_transformers():
    config = llama(rope_type="linear", factor=4.0)
    theirs, _ = ROPE_INIT_FUNCTIONS["linear"](config)
    torch.testing.assert_close(interpolated(32, factor=4.0).float(), theirs, rtol=1e-6, atol=0)


def test_ntk_aware_frequencies_equal_transformers_at_that_length():
    """The dynamic form there raises the base with the length; at 4 × 256 tokens by a factor 4."""
    config = llama(rope_type="dynamic", factor=1.0)
    theirs, _ = ROPE_INIT_FUNCTIONS["dynamic"](config, seq_len=4 * 256)
    torch.testing.assert_close(ntk_aware(32, factor=4.0).float(), theirs, rtol=1e-6, atol=0)


def test_yarn_equals_transformers_outside_the_ramp():
    config = llama(rope_type="yarn", factor=4.0, original_max_position_embeddings=256)
    theirs, stretch = ROPE_INIT_FUNCTIONS["yarn"](config)
    ours = yarn(32, factor=4.0, trained_length=256)
    circles = 256 * frequencies(32) / (2 * math.pi)
    # There the ramp starts and ends at whole pairs: one more on either side.
    inside = (circles > 1) & (circles < 32)
    outside = ~(inside | inside.roll(1) | inside.roll(-1))
    assert 4 < outside.sum() < 16
    torch.testing.assert_close(ours[outside].float(), theirs[outside], rtol=1e-6, atol=0)
    assert yarn_scale(32, factor=4.0) == pytest.approx(stretch**2 / math.sqrt(32))


def gpt_oss(**changed):
    """As released: 64 numbers turn, and the ramp starts and ends between two pairs."""
    return GptOssConfig(rope_parameters=GptOssConfig().rope_parameters | changed)


def deepseek_v3():
    """As released: 64 numbers turn, and the ramp starts and ends at whole pairs."""
    rope = {"rope_type": "yarn", "rope_theta": 10_000.0, "factor": 40.0, "mscale": 1.0}
    rope |= {"mscale_all_dim": 1.0, "beta_fast": 32, "beta_slow": 1}
    rope |= {"original_max_position_embeddings": 4096}
    return DeepseekV3Config(max_position_embeddings=163_840, rope_parameters=rope)


YARN = {
    "gpt-oss": gpt_oss(),
    "gpt-oss, whole pairs": gpt_oss(truncate=True),
    "DeepSeek-V3": deepseek_v3(),
    "Llama, a short past": llama(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=100, truncate=False
    ),
    "Llama, hardly any of it slowed": llama(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=10**11
    ),
    "Llama, all of it slowed": llama(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=4, truncate=True
    ),
}


@pytest.mark.parametrize("config", YARN.values(), ids=YARN)
def test_yarn_over_pairs_equals_transformers_on_the_whole_ramp(config):
    theirs, _ = ROPE_INIT_FUNCTIONS["yarn"](config)
    rope = config.rope_parameters
    ours = yarn(
        config.head_dim,
        factor=rope["factor"],
        trained_length=rope["original_max_position_embeddings"],
        base=rope["rope_theta"],
        ramp="pairs",
        truncate=rope.get("truncate", True),
    )
    torch.testing.assert_close(ours.float(), theirs, rtol=2e-6, atol=0)


def test_where_the_ramp_of_gpt_oss_runs_the_papers_is_another():
    options = {"factor": 32.0, "trained_length": 4096, "base": 150_000.0}
    released = yarn(64, **options, ramp="pairs", truncate=False)
    papers, plain = yarn(64, **options), frequencies(64, base=150_000.0)
    ramp = ~torch.isclose(released, plain) & ~torch.isclose(released, plain / 32)
    assert ramp.nonzero().flatten().tolist() == list(range(9, 18))
    away = (papers / released - 1).abs()
    assert away[ramp].max() > 0.7
    assert away[~ramp].max() < 1e-12


def test_yarn_keeps_half_of_a_pair_in_the_middle_of_the_ramp():
    """One pair, θ = 1, over 2π · 16.5 places: 16.5 circles lie halfway between 1 and 32."""
    ours = yarn(2, factor=4.0, trained_length=2 * math.pi * 16.5)
    assert ours.item() == pytest.approx(0.5 / 4 + 0.5)


def test_ntk_aware_slows_the_slowest_pair_by_the_factor_and_the_fastest_not():
    slowed = frequencies(32) / ntk_aware(32, factor=4.0)
    assert slowed[0].item() == 1.0
    assert slowed[-1].item() == pytest.approx(4.0)


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_a_score_depends_on_the_distance_only(pairing):
    query, key = normal(1, 2, 5, 8), normal(1, 2, 5, 8, seed=1)
    places = torch.tensor([0, 2, 3, 7, 11])
    here = rotate(query, places, pairing=pairing) @ rotate(key, places, pairing=pairing).mT
    there = places + 1000
    moved = rotate(query, there, pairing=pairing) @ rotate(key, there, pairing=pairing).mT
    torch.testing.assert_close(moved, here, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("pairing", "expected"), [("half", [-3.0, 2, 1, 4]), ("interleaved", [-2.0, 1, 3, 4])]
)
def test_a_quarter_turn_of_the_first_pair(pairing, expected):
    """Base 10⁴⁰ leaves the second pair where it is."""
    states = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64).view(1, 1, 1, 4)
    quarter = torch.tensor([math.pi / 2])
    turned = rotate(states, quarter, pairing=pairing, base=1e40).flatten()
    assert turned.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_partial_rotation_leaves_the_rest_alone(pairing):
    states, places = normal(2, 3, 5, 10), torch.arange(5)
    turned = rotate(states, places, pairing=pairing, rotary_size=6)
    assert torch.equal(turned[..., 6:], states[..., 6:])
    alone = rotate(states[..., :6], places, pairing=pairing)
    torch.testing.assert_close(turned[..., :6], alone, **EXACT)


def test_interpolated_frequencies_are_places_closer_together():
    states, places = normal(1, 1, 5, 8), torch.arange(5)
    slower = angles(places, interpolated(8, factor=4.0))
    torch.testing.assert_close(slower, angles(places / 4, frequencies(8)), **EXACT)
    assert rotate(states, places / 4, pairing="half").shape == states.shape


STATES = torch.zeros(2, 1, 3, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rotate(STATES, torch.arange(3), pairing="both"), "pairing must be"),
        (
            lambda: rotate(STATES, torch.arange(4), pairing="half"),
            "positions has length 4, but states",
        ),
        (lambda: rotate(STATES, torch.zeros(3, 3), pairing="half"), "batch size 3, but states has"),
        (
            lambda: rotate(STATES, torch.zeros(1, 1, 3), pairing="half"),
            r"positions has 2 axes in front",
        ),
        (lambda: rotate(STATES[0], torch.arange(3), pairing="half"), "states must have the axes"),
        (
            lambda: rotate(STATES, torch.arange(3), pairing="half", rotary_size=3),
            "size must be even",
        ),
        (
            lambda: rotate(STATES, torch.arange(3), pairing="half", rotary_size=6),
            "size is 6, but states",
        ),
        (lambda: frequencies(4, base=0), "base must be positive, got 0"),
        (lambda: interpolated(4, factor=0.5), "factor must be at least 1, .* got 0.5"),
        (lambda: ntk_aware(2, factor=2), "size must be above 2, got 2"),
        (lambda: yarn(4, factor=2, trained_length=9, slow=3, fast=2), "below fast, got 3 and 2"),
        (lambda: yarn(4, factor=2, trained_length=0), "trained_length must be above 0, got 0"),
        (lambda: yarn(4, factor=2, trained_length=9, ramp="pair"), "ramp must be .* got 'pair'"),
        (
            lambda: yarn(4, factor=2, trained_length=9, slow=0, ramp="pairs"),
            "slow must be above 0 and base above 1 .* got 0",
        ),
    ],
)
def test_bad_numbers_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("places", [[0, 1, 2], torch.tensor([True, False, True])])
def test_only_numbers_are_places(places):
    with pytest.raises(TypeError, match="positions must be"):
        rotate(STATES, places, pairing="half")
