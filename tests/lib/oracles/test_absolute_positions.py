"""Positions added to the tokens against transformers, and what a causal mask knows by itself."""

import pytest
import torch
from transformers import GPT2Config, GPT2Model, SmolLM3Config
from transformers.models.distilbert.modeling_distilbert import create_sinusoidal_embeddings
from transformers.models.smollm3.modeling_smollm3 import SmolLM3Attention

from attnlib import MultiHeadAttention, masks
from attnlib.positions import sinusoidal
from attnlib.positions.learned import LearnedPositions
from oracles.agreement import EXACT, normal


def test_sinusoids_equal_distilbert():
    theirs = torch.empty(50, 12)
    create_sinusoidal_embeddings(50, 12, out=theirs)
    torch.testing.assert_close(sinusoidal(50, 12), theirs, rtol=1e-6, atol=1e-6)


def test_learned_positions_equal_gpt2():
    config = GPT2Config(vocab_size=5, n_positions=9, n_embd=12, n_layer=0, n_head=3, embd_pdrop=0.0)
    theirs = GPT2Model(config).double().eval()
    theirs.ln_f = torch.nn.Identity()
    positions = LearnedPositions(12, longest=9).double()
    positions.table.data = theirs.wpe.weight.data
    x = normal(2, 6, 12)
    expected = theirs(inputs_embeds=x, use_cache=False).last_hidden_state
    torch.testing.assert_close(positions(x), expected, **EXACT)


def test_a_layer_without_positions_equals_smollm3():
    config = SmolLM3Config(
        hidden_size=12,
        num_attention_heads=3,
        num_key_value_heads=1,
        num_hidden_layers=1,
        no_rope_layers=[0],
        use_sliding_window=False,
        attn_implementation="eager",
    )
    theirs = SmolLM3Attention(config, layer_idx=0).double().eval()
    ours = MultiHeadAttention(12, heads=3, key_heads=1, projection_bias=False).double()
    for name in ("query", "key", "value", "output"):
        getattr(ours, name).weight.data = getattr(theirs, f"{name[0]}_proj").weight.data
    x = normal(2, 6, 12)
    hidden = torch.full((6, 6), -torch.inf, dtype=torch.float64).triu(1)
    expected, _ = theirs(x, position_embeddings=None, attention_mask=hidden)
    actual = ours(x, mask=masks.Causal())
    torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-7)  # its softmax is float32


@pytest.mark.parametrize(("mask", "knows"), [(None, False), (masks.Causal(), True)])
def test_two_layers_know_the_order_only_through_the_causal_mask(mask, knows):
    """The last word's output after the first two words change places."""
    first, second = (MultiHeadAttention(12, heads=3).double() for _ in range(2))
    x = normal(1, 5, 12).detach()
    swapped = x[:, [1, 0, 2, 3, 4]]
    before, after = (second(first(x, mask=mask), mask=mask)[:, -1] for x in (x, swapped))
    assert torch.allclose(before, after, **EXACT) != knows


def test_one_causal_layer_does_not_know_the_order_of_earlier_words():
    layer = MultiHeadAttention(12, heads=3).double()
    x = normal(1, 5, 12)
    before, after = (layer(x, mask=masks.Causal())[:, -1] for x in (x, x[:, [1, 0, 2, 3, 4]]))
    torch.testing.assert_close(after, before, **EXACT)
