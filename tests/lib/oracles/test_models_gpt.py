"""GPT against transformers' GPT-2, with random weights."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from attnlib import record_attention
from attnlib.masks import Padding
from attnlib.models import gpt, hub
from oracles.models import EXACT, assert_same_maps, assert_same_states, randomized, saved, states_of

WORDS, LONGEST = 23, 9
CONFIG = GPT2Config(
    vocab_size=WORDS,
    n_embd=12,
    n_layer=2,
    n_head=3,
    n_positions=LONGEST,
    layer_norm_epsilon=0.01,
    bos_token_id=0,
    eos_token_id=0,
    attn_implementation="eager",
)


@pytest.fixture(scope="module")
def theirs():
    torch.manual_seed(0)
    return randomized(GPT2LMHeadModel(CONFIG))


@pytest.fixture(scope="module")
def ours(theirs, tmp_path_factory):
    return hub.load(saved(theirs, tmp_path_factory.mktemp("gpt2"))).double()


@pytest.fixture(scope="module")
def exact(ours, theirs):
    """Theirs in float64, once the file with float32 is written."""
    return theirs.double()


def test_logits_equal_gpt2(ours, exact):
    tokens = torch.randint(WORDS, (2, LONGEST))
    torch.testing.assert_close(ours(tokens), exact(tokens).logits, **EXACT)


def test_states_and_attention_maps_equal_gpt2(ours, exact):
    tokens = torch.randint(WORDS, (2, 6))
    expected = exact(tokens, output_hidden_states=True, output_attentions=True)
    with record_attention(ours) as maps:
        states = states_of(ours, lambda: ours(tokens))
    # Theirs puts the last state through the final norm.
    states[-1] = ours.norm(states[-1])
    assert_same_states(states, expected.hidden_states[1:], **EXACT)
    assert_same_maps(maps, expected.attentions, **EXACT)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_logits_equal_gpt2(side, ours, exact):
    tokens, lengths = torch.randint(WORDS, (2, 6)), torch.tensor([6, 3])
    real = torch.arange(6) < lengths[:, None]
    real = real.flip(1) if side == "left" else real
    expected = exact(tokens, attention_mask=real.long()).logits
    actual = ours(tokens, mask=Padding(lengths, side=side))
    torch.testing.assert_close(actual[real], expected[real], **EXACT)


def test_names_without_prefix_and_with_stored_masks_are_read(theirs):
    weights = {
        name.removeprefix("transformer."): weight.float()
        for name, weight in theirs.state_dict().items()
    }
    weights["h.0.attn.bias"] = torch.ones(1, 1, LONGEST, LONGEST).tril()
    model = gpt.from_transformers(weights, CONFIG.to_dict())
    assert torch.equal(model.words.weight, weights["wte.weight"])


def test_another_activation_is_refused(theirs):
    config = {**CONFIG.to_dict(), "activation_function": "relu"}
    with pytest.raises(ValueError, match="activation_function 'relu', but the model computes 'ge"):
        gpt.from_transformers(theirs.state_dict(), config)
