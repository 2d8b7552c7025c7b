"""The Vision Transformer against transformers' ViT, with random weights."""

import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification

from attnlib import record_attention
from attnlib.models import hub
from attnlib.models.vit import cut
from oracles.models import (
    EXACT,
    SINGLE,
    assert_same_maps,
    assert_same_states,
    randomized,
    saved,
    states_of,
)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    torch.manual_seed(0)
    config = ViTConfig(
        image_size=6,
        patch_size=2,
        num_channels=3,
        num_labels=4,
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=20,
        layer_norm_eps=0.01,
    )
    theirs = randomized(ViTForImageClassification(config))
    ours = hub.load(saved(theirs, tmp_path_factory.mktemp("vit")))
    return ours.double(), theirs.double()


def pictures():
    return torch.randn(2, 3, 6, 6, dtype=torch.float64)


def test_logits_equal_vit(both):
    ours, theirs = both
    seen = pictures()
    torch.testing.assert_close(ours(seen), theirs(seen).logits, **EXACT)


def test_states_equal_vit(both):
    ours, theirs = both
    seen = pictures()
    expected = theirs(seen, output_hidden_states=True).hidden_states
    assert_same_states(states_of(ours, lambda: ours(seen)), expected[1:], **EXACT)
    last = theirs.vit(seen).last_hidden_state
    torch.testing.assert_close(ours.states(seen), last, **EXACT)


def test_attention_maps_equal_vit(both):
    """Theirs takes the softmax in float32 when it keeps the maps."""
    ours, theirs = both
    seen = pictures()
    theirs.set_attn_implementation("eager")
    expected = theirs(seen, output_attentions=True).attentions
    theirs.set_attn_implementation("sdpa")
    with record_attention(ours) as maps:
        ours(seen)
    assert_same_maps(maps, [weights.double() for weights in expected], **SINGLE)


def test_patches_go_row_after_row():
    picture = torch.arange(16.0).reshape(1, 1, 4, 4)
    first, second, third, _ = cut(picture, 2)[0].tolist()
    assert (first, second, third) == ([0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13])
