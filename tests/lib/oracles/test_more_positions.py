"""Positions of 2022 to 2026 against transformers and x-transformers, and loops over formulas."""

import math

import pytest
import torch
from transformers import Gemma4TextConfig, LlamaConfig, Qwen2VLTextConfig, Qwen3VLTextConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.qwen2_vl.modeling_qwen2_vl import (
    Qwen2VLRotaryEmbedding,
    apply_rotary_pos_emb,
    apply_rotary_pos_emb_vision,
)
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLTextRotaryEmbedding
from x_transformers.x_transformers import PolarEmbedding, RotaryEmbedding
from x_transformers.x_transformers import apply_polar_pos_emb as their_polar
from x_transformers.x_transformers import apply_rotary_pos_emb as their_turn

from attnlib import attention, masks, positions
from attnlib.positions import angles, frequencies, turn
from oracles.agreement import EXACT, assert_agree, normal
from oracles.in_double import in_double


def llama(**rope):
    return LlamaConfig(
        head_dim=32, max_position_embeddings=256, rope_parameters={"rope_theta": 10_000.0, **rope}
    )


def their_frequencies(kind, config, **options):
    with in_double():
        return ROPE_INIT_FUNCTIONS[kind](config, **options)


def test_frequencies_by_wavelength_equal_llama_3():
    rope = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    config = llama(rope_type="llama3", original_max_position_embeddings=128, **rope)
    theirs, _ = their_frequencies("llama3", config)
    ours = positions.by_wavelength(32, factor=8.0, trained_length=128)
    torch.testing.assert_close(ours, theirs, **EXACT)
    assert ((ours < frequencies(32)) & (ours > frequencies(32) / 8)).any()  # some on the ramp


@pytest.mark.parametrize("length", [100, 1000])
def test_searched_frequencies_and_scale_equal_transformers(length):
    short, long = [1.0 + pair / 16 for pair in range(16)], [2.0 + pair for pair in range(16)]
    config = llama(
        rope_type="longrope",
        short_factor=short,
        long_factor=long,
        factor=4.0,
        original_max_position_embeddings=256,
    )
    theirs, stretch = their_frequencies("longrope", config, seq_len=length)
    ours = positions.searched(32, factors=short if length <= 256 else long)
    torch.testing.assert_close(ours, theirs, **EXACT)
    scale = positions.searched_scale(32, factor=4.0, trained_length=256)
    assert scale == pytest.approx(stretch**2 / math.sqrt(32))


@pytest.mark.parametrize("length", [100, 256, 1000])
def test_dynamic_frequencies_equal_transformers(length):
    theirs, _ = their_frequencies("dynamic", llama(rope_type="dynamic", factor=2.0), seq_len=length)
    ours = positions.dynamic_ntk(32, length=length, trained_length=256, factor=2.0)
    torch.testing.assert_close(ours, theirs, **EXACT)


def test_proportional_frequencies_equal_gemma_4():
    config = llama(rope_type="proportional", partial_rotary_factor=0.25, factor=2.0)
    theirs, _ = their_frequencies("proportional", config)
    torch.testing.assert_close(positions.proportional(32, share=0.25, factor=2.0), theirs, **EXACT)
    assert theirs.count_nonzero() == 4
    released = Gemma4TextConfig().rope_parameters["full_attention"]
    assert (released["rope_type"], released["partial_rotary_factor"]) == ("proportional", 0.25)


PLACES = torch.stack(
    (torch.tensor([0, 1, 2, 2, 2, 3]), torch.tensor([0, 1, 2, 2, 3, 4]), torch.arange(6))
)


def test_shared_angles_equal_qwen2_vl():
    config = Qwen2VLTextConfig(hidden_size=64, num_attention_heads=2)
    config.rope_parameters = {
        "rope_type": "default",
        "rope_theta": 10_000.0,
        "mrope_section": [4, 6, 6],
    }
    states = normal(2, 2, 6, 32)
    with in_double():
        cos, sin = Qwen2VLRotaryEmbedding(config)(states, PLACES.unsqueeze(1))
    expected, _ = apply_rotary_pos_emb(states, states, cos, sin)
    ours = positions.shared_angles(list(PLACES), frequencies(32), sections=(4, 6, 6))
    assert_agree(turn(states, ours, pairing="half"), expected, [states])


def test_interleaved_shared_angles_equal_qwen3_vl():
    config = Qwen3VLTextConfig(hidden_size=64, num_attention_heads=2, head_dim=32)
    config.rope_parameters = {
        "rope_type": "default",
        "rope_theta": 10_000.0,
        "mrope_section": [8, 4, 4],
    }
    states = normal(2, 2, 6, 32)
    with in_double():
        cos, sin = Qwen3VLTextRotaryEmbedding(config)(states, PLACES.unsqueeze(1))
    expected, _ = apply_rotary_pos_emb(states, states, cos, sin)
    sections = {"sections": (8, 4, 4), "interleaved": True}
    ours = positions.shared_angles(list(PLACES), frequencies(32), **sections)
    assert_agree(turn(states, ours, pairing="half"), expected, [states])


def test_a_token_with_one_place_on_all_axes_is_plain():
    places = [torch.arange(5)] * 3
    shared = positions.shared_angles(places, frequencies(8), sections=(2, 1, 1))
    torch.testing.assert_close(shared, angles(places[0], frequencies(8)), **EXACT)


def test_axial_angles_equal_the_eye_of_qwen2_vl():
    places = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]])
    states = normal(1, 2, 4, 8)
    theirs = [row[:, None] * (1 / 10_000 ** (torch.arange(0, 4, 2).double() / 4)) for row in places]
    turned = torch.cat(theirs, dim=-1)
    both_halves = torch.cat((turned, turned), dim=-1)
    tokens_first = states[0].transpose(0, 1)
    with in_double():
        expected, _ = apply_rotary_pos_emb_vision(
            tokens_first, tokens_first, both_halves.cos(), both_halves.sin()
        )
    ours = turn(states, positions.axial_angles(list(places), rotary_size=8), pairing="half")
    assert_agree(ours, expected.transpose(0, 1).unsqueeze(0), [states])


def test_polar_positions_equal_x_transformers():
    query, key = normal(2, 4, 6, 8), normal(2, 4, 6, 8, seed=1)
    layer = positions.PolarPositions(4, head_size=8).double()
    with in_double():
        theirs = PolarEmbedding(8, 4)
        theirs.learned_bias.data = -normal(4, 1, 8, seed=2).detach().abs()
        layer.shift.data = theirs.learned_bias.data.squeeze(1)
        turns, bias = theirs(torch.arange(6))
        expected = their_polar(query, turns), their_polar(key, turns + bias)
    ours = layer(query, key)
    assert_agree(ours[0], expected[0], [query])
    assert_agree(ours[1], expected[1], [key])


def test_a_polar_score_knows_lengths_and_distance_alone():
    layer = positions.PolarPositions(1, head_size=3).double()
    layer.shift.data.uniform_(-3, 0)
    query, key = normal(1, 1, 4, 3), normal(1, 1, 4, 3, seed=1)
    scores = (lambda q, k: q @ k.mT)(*layer(query, key))[0, 0]
    long = torch.nn.functional.softplus
    for i in range(4):
        for j in range(4):
            wave = ((j - i) * layer.turns + layer.shift[0]).cos()
            expected = (long(query[0, 0, i]) * long(key[0, 0, j]) * wave).sum()
            torch.testing.assert_close(scores[i, j], expected, **EXACT)


def test_a_fading_rotation_equals_x_transformers():
    query, key = normal(1, 2, 5, 8), normal(1, 2, 5, 8, seed=1)
    with in_double():
        turns, scale = RotaryEmbedding(8, use_xpos=True)(torch.arange(5))
    expected = their_turn(query, turns, scale) @ their_turn(key, turns, scale**-1).mT
    ours = positions.fading_rotation(query, key, pairing="interleaved")
    assert_agree(ours[0] @ ours[1].mT, expected, [query, key])


@pytest.mark.parametrize("pairing", ["half", "interleaved"])
def test_a_fading_rotation_falls_with_the_distance_by_the_formula(pairing):
    """One pair with ζ = 0.4 / 1.4 and θ = 1, of equal numbers: 2 ζⁿ cos n."""
    ones = torch.ones(1, 1, 6, 2, dtype=torch.float64)
    query, key = positions.fading_rotation(ones[:, :, :4], ones, pairing=pairing, spread=1.0)
    scores = (query @ key.mT)[0, 0]
    for i in range(4):
        for j in range(i + 3):
            back = i + 2 - j
            expected = 2 * (0.4 / 1.4) ** back * math.cos(back)
            assert scores[i, j].item() == pytest.approx(expected)


def test_functional_bias_is_the_network_of_the_papers_formula():
    bias = positions.FunctionalBias(3, hidden=4, threshold=2.5).double()
    ours, c = bias(4, 6), bias.curve.item()
    for i in range(4):
        for j in range(i + 3):
            place = i + 2
            share = math.log(c * (place - j) + 1) / math.log(c * max(2.5, place) + 1)
            expected = bias.network(torch.tensor([share], dtype=torch.float64))
            torch.testing.assert_close(ours[0, :, i, j], expected, **EXACT)


def test_kernel_biases_follow_their_formulas():
    power, slow = positions.PowerBias(2).double(), positions.LogarithmicBias(2).double()
    power.rate.data, power.power.data = torch.tensor([0.5, 2.0]), torch.tensor([1.5, 0.5])
    slow.rate.data, slow.scale.data = torch.tensor([0.5, 2.0]), torch.tensor([3.0, 0.25])
    away = [[abs(i + 2 - j) for j in range(5)] for i in range(3)]
    for h, (rate, exponent, scale) in enumerate([(0.5, 1.5, 3.0), (2.0, 0.5, 0.25)]):
        line = [[-rate * distance**exponent for distance in row] for row in away]
        curve = [[-rate * math.log(1 + scale * distance) for distance in row] for row in away]
        line, curve = (torch.tensor(expected, dtype=torch.float64) for expected in (line, curve))
        torch.testing.assert_close(power.double()(3, 5)[0, h], line, **EXACT)
        torch.testing.assert_close(slow.double()(3, 5)[0, h], curve, **EXACT)


def test_a_power_of_1_with_alibis_slopes_is_alibi():
    bias = positions.PowerBias(4).double()
    bias.rate.data = positions.alibi_slopes(4)
    expected = positions.alibi(4, 3, 5, dtype=torch.float64)
    torch.testing.assert_close(bias(3, 5), expected, **EXACT)


def test_answers_after_one_prefix_are_as_if_each_stood_alone():
    query, key, value = (normal(1, 2, 9, 4, seed=seed).detach() for seed in range(3))
    together = attention(query, key, value, mask=masks.shared_prefix(3, [2, 4])).output
    for answer in (slice(3, 5), slice(5, 9)):
        alone = [torch.cat((s[:, :, :3], s[:, :, answer]), 2) for s in (query, key, value)]
        expected = attention(*alone, mask=masks.Causal()).output[:, :, 3:]
        torch.testing.assert_close(together[:, :, answer], expected, **EXACT)


def test_noisy_blocks_see_themselves_and_clean_blocks_before():
    dense = masks.BlockDiffusion(5, block=2).dense(10)[0, 0].int()
    rows = [
        [0, 0, 1, 1, 0, 1, 1, 0, 0, 0],  # noisy block 1: itself and clean block 0
        [0, 0, 0, 0, 1, 1, 1, 1, 1, 0],  # noisy block 2, of one token
        [0, 0, 0, 0, 0, 1, 1, 0, 0, 0],  # clean block 0: itself
        [0, 0, 0, 0, 0, 1, 1, 1, 1, 0],
    ]
    assert torch.equal(dense[[3, 4, 5, 8]], torch.tensor(rows, dtype=torch.int32))


KINDS = [(3, 1, 1), (3, 2, 1), (3, 1, 3), (3, 2, 2)]


def nearest(length, size, dilation, stride, causal):
    """Who sees whom along one axis: of what a pixel may see, the `size` nearest its leader."""
    seen = torch.zeros(length, length, dtype=torch.bool)
    for pixel in range(length):
        line = [k for k in range(length) if k % dilation == pixel % dilation]
        group = line.index(pixel) // stride * stride
        middle = stride - 1 if causal else stride // 2
        leader = line[min(group + middle, len(line) - 1)]
        may = [k for k in line if k <= leader] if causal else line
        chosen = sorted(may, key=lambda k: abs(k - leader))[:size]
        seen[pixel, [k for k in chosen if not causal or k <= pixel]] = True
    return seen


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("size", "dilation", "stride"), [(3, 1, 1), (3, 2, 1), (3, 1, 3), (3, 2, 2)]
)
def test_a_neighborhood_is_of_the_nearest_on_both_axes(size, dilation, stride, causal):
    options = {"dilation": dilation, "stride": stride, "causal": causal}
    mask = masks.Neighborhood(6, 7, size=size, **options)
    rows, columns = (nearest(n, size, dilation, stride, causal) for n in (6, 7))
    expected = (rows[:, None, :, None] & columns[None, :, None, :]).reshape(42, 42)
    assert torch.equal(mask.dense(42)[0, 0], expected)
    assert mask.dense(42)[0, 0].diagonal().all()


def test_a_stride_of_a_third_of_the_square_makes_tiles_that_see_tiles():
    """Sliding tile attention: tiles of 3 × 3 pixels."""
    with pytest.raises(ValueError, match="stride 4 is above size 3"):
        masks.Neighborhood(8, 8, size=3, stride=4)
    seen = masks.Neighborhood(9, 9, size=9, stride=3).dense(81)[0, 0]
    tiles = seen.view(3, 3, 3, 3, 81)
    assert (tiles == tiles[:, :1, :, :1]).all()  # all pixels of a tile see the same
