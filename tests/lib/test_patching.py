"""One run's heads in another run: what comes back, what stays, and what is refused."""

import pytest
import torch

from attnlib.inspect import head_counts, heads_off, heads_patched, record_heads
from attnlib.models.gpt import GPT

LAYER = "layers.1.self_attention"
CLEAN, CORRUPTED = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[1, 5, 3, 4]])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return GPT(9, size=16, heads=4, layers=2, longest=8, dropout_p=0.0).double().eval()


@pytest.fixture
def found(model):
    with record_heads(model) as found:
        model(CLEAN)
    return found


def test_what_is_recorded_is_what_the_output_matrix_joins(model, found):
    layer = model.get_submodule(LAYER)
    seen = []
    layer.register_forward_hook(lambda _, inputs, output: seen.append(output))
    model(CLEAN)
    joined = found[LAYER].transpose(1, 2).flatten(2)
    assert list(found) == list(head_counts(model))
    torch.testing.assert_close(layer.output(joined), seen[0])


def test_all_heads_of_the_first_layer_but_not_the_residual_come_back(model, found):
    """A head's output is all that differs: with a patched head the layer adds the clean sum."""
    patches = {LAYER: {head: found[LAYER][:, head] for head in range(4)}}
    added = []
    layer = model.get_submodule(LAYER)
    layer.register_forward_hook(lambda _, inputs, output: added.append(output))
    model(CLEAN)
    with heads_patched(model, patches):
        patched = model(CORRUPTED)
    torch.testing.assert_close(added[0], added[1])
    assert not torch.allclose(patched, model(CORRUPTED))
    assert not torch.allclose(patched, model(CLEAN))


def test_a_head_patched_with_its_own_states_changes_nothing(model, found):
    before = model(CLEAN)
    with heads_patched(model, {LAYER: {2: found[LAYER][:, 2]}}):
        assert torch.equal(model(CLEAN), before)


def test_one_state_may_stand_for_all_places_and_zero_is_off(model):
    with heads_patched(model, {LAYER: {1: torch.zeros(4)}}):
        patched = model(CLEAN)
    with heads_off(model, {LAYER: [1]}):
        torch.testing.assert_close(patched, model(CLEAN))


def test_outside_the_block_nothing_has_changed(model, found):
    before = model(CORRUPTED)
    with heads_patched(model, {LAYER: {0: found[LAYER][:, 0]}}):
        model(CORRUPTED)
    assert torch.equal(model(CORRUPTED), before)


@pytest.mark.parametrize(
    ("patches", "words"),
    [
        ({"layers.7": {0: torch.zeros(4)}}, "patches names the layer 'layers.7'"),
        ({LAYER: {4: torch.zeros(4)}}, "head 4 of .* heads 0 to 3"),
        ({LAYER: {0: torch.zeros(1, 5, 4)}}, r"states \(1, 5, 4\) for head 0 .* \(1, 4, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(model, patches, words):
    with pytest.raises(ValueError, match=words), heads_patched(model, patches):
        model(CLEAN)
