"""Llama against transformers', with random weights. Theirs computes norms and angles in float32."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from attnlib import record_attention
from attnlib.masks import Padding
from attnlib.models import hub, llama
from oracles.models import (
    SINGLE,
    assert_same_maps,
    assert_same_states,
    randomized,
    saved,
    states_of,
)

WORDS = 23


def config(**others):
    return LlamaConfig(
        vocab_size=WORDS,
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=6,
        num_key_value_heads=2,
        head_dim=4,
        intermediate_size=20,
        rms_norm_eps=0.01,
        rope_parameters={"rope_type": "default", "rope_theta": 100.0},
        attn_implementation="eager",
        **others,
    )


@pytest.fixture(scope="module")
def theirs():
    torch.manual_seed(0)
    return randomized(LlamaForCausalLM(config()))


@pytest.fixture(scope="module")
def ours(theirs, tmp_path_factory):
    return hub.load(saved(theirs, tmp_path_factory.mktemp("llama")))


def test_logits_equal_llama(ours, theirs):
    tokens = torch.randint(WORDS, (2, 9))
    torch.testing.assert_close(ours(tokens), theirs(tokens).logits, **SINGLE)


def test_states_and_attention_maps_equal_llama(ours, theirs):
    tokens = torch.randint(WORDS, (2, 6))
    expected = theirs(tokens, output_hidden_states=True, output_attentions=True)
    with record_attention(ours) as maps:
        states = states_of(ours, lambda: ours(tokens))
    # Theirs puts the last state through the final norm.
    states[-1] = ours.norm(states[-1])
    assert_same_states(states, expected.hidden_states[1:], **SINGLE)
    assert_same_maps(maps, expected.attentions, **SINGLE)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_logits_equal_llama(side, ours, theirs):
    tokens, lengths = torch.randint(WORDS, (2, 6)), torch.tensor([6, 3])
    real = torch.arange(6) < lengths[:, None]
    real = real.flip(1) if side == "left" else real
    expected = theirs(tokens, attention_mask=real.long()).logits
    actual = ours(tokens, mask=Padding(lengths, side=side))
    torch.testing.assert_close(actual[real], expected[real], **SINGLE)


def test_tied_embeddings_equal_llama(tmp_path):
    theirs = randomized(LlamaForCausalLM(config(tie_word_embeddings=True)))
    ours = hub.load(saved(theirs, tmp_path))
    tokens = torch.randint(WORDS, (1, 5))
    torch.testing.assert_close(ours(tokens), theirs(tokens).logits, **SINGLE)


def test_padding_on_the_left_changes_nothing(ours):
    tokens = torch.randint(WORDS, (1, 4))
    padded = torch.cat((torch.zeros(1, 3, dtype=torch.long), tokens), dim=1)
    actual = ours(padded, mask=Padding(torch.tensor([4]), side="left"))
    torch.testing.assert_close(actual[:, 3:], ours(tokens), **SINGLE)


def test_an_older_config_names_the_base_differently(ours, theirs):
    told = theirs.config.to_dict()
    older = {**told, "rope_theta": told.pop("rope_parameters")["rope_theta"], "rope_scaling": None}
    del older["rope_parameters"]
    tokens = torch.randint(WORDS, (1, 9))
    again = llama.from_transformers(theirs.state_dict(), older)
    torch.testing.assert_close(again(tokens), ours(tokens), **SINGLE)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}}, "rope_type 'llama3'"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling"),
        ({"attention_bias": True}, "attention_bias True"),
    ],
)
def test_what_is_not_computed_is_refused(changed, message, theirs):
    with pytest.raises(ValueError, match=f"config has {message}"):
        llama.from_transformers(theirs.state_dict(), {**theirs.config.to_dict(), **changed})
