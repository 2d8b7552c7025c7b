"""Rotary positions against transformers' Llama (half) and RoFormer (interleaved)."""

import pytest
import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb
from transformers.models.roformer.modeling_roformer import (
    RoFormerSelfAttention,
    RoFormerSinusoidalPositionalEmbedding,
)

from attnlib import attention
from attnlib.positions.rotary import angles, frequencies, rotate, turn

EXACT = {"rtol": 1e-11, "atol": 1e-12}
SINGLE = {"rtol": 1e-6, "atol": 1e-6}


def draw(*shape, seed=0):
    return torch.randn(
        *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


@pytest.mark.parametrize("places", [torch.arange(7), torch.tensor([[0, 3, 9], [5, 5, 1]])])
def test_half_pairing_equals_llama(places):
    states = draw(2, 3, places.shape[-1], 10)
    turned = angles(places, frequencies(10)).expand(2, -1, -1)
    both_halves = torch.cat((turned, turned), dim=-1)
    expected, _ = apply_rotary_pos_emb(states, states, both_halves.cos(), both_halves.sin())
    torch.testing.assert_close(rotate(states, places, pairing="half"), expected, **EXACT)


def test_interleaved_pairing_equals_roformer():
    states = draw(2, 3, 7, 10)
    table = RoFormerSinusoidalPositionalEmbedding(7, 10).double()
    table.weight.data = table.create_weight().double()
    expected, _ = RoFormerSelfAttention.apply_rotary_position_embeddings(
        table((2, 7))[None, None], states, states
    )
    actual = rotate(states, torch.arange(7), pairing="interleaved")
    torch.testing.assert_close(actual, expected, **SINGLE)  # the table there is float32


@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_frequencies_equal_llama(base):
    config = LlamaConfig(
        head_dim=16, rope_parameters={"rope_type": "default", "rope_theta": base}
    )
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    expected = LlamaRotaryEmbedding(config).inv_freq
    torch.testing.assert_close(frequencies(16, base=base).float(), expected, rtol=1e-6, atol=0)
