"""Switching heads off: what is zero, what comes back, and what is refused."""

import pytest
import torch
from torch import nn

from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.gated import GatedAttention
from attnlib.heads.latent import LatentAttention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.inspect.ablation import head_counts, heads_off
from attnlib.models.transformer import Transformer
from attnlib.sparse.native import NativeSparseAttention


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Transformer(11, 13, size=16, heads=4, layers=2, hidden=8).double().eval()


@pytest.fixture
def told():
    return torch.tensor([[4, 5, 6, 7], [8, 9, 0, 0]]), torch.tensor([4, 2]), torch.ones(2, 3).long()


@pytest.mark.parametrize(
    ("layer", "heads"),
    [
        ("encoder.0.self_attention", [0]),
        ("decoder.0.self_attention", [3]),
        ("decoder.1.cross_attention", [1, 2]),
    ],
)
def test_switching_off_equals_zeroing_the_columns_of_the_output_matrix(model, told, layer, heads):
    with heads_off(model, {layer: heads}):
        silent = model(*told)
    intact = model(*told)
    with torch.no_grad():
        for head in heads:
            model.get_submodule(layer).output.weight[:, 4 * head : 4 * (head + 1)] = 0
    torch.testing.assert_close(silent, model(*told), rtol=0, atol=1e-12)
    assert not torch.allclose(silent, intact)


LAYERS = [
    DifferentialAttention(16, 2),
    ForgettingAttention(16, 4),
    GatedAttention(16, 4),
    LatentAttention(16, 4, head_size=4, latent_size=6, rotary_size=2),
    NativeSparseAttention(16, 4, length=2, stride=1, block=2, count=3, window=2),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_a_head_of_every_kind_of_layer_is_all_of_its_columns(layer):
    layer.double()
    x = torch.randn(1, 6, 16, dtype=torch.float64)
    (count,) = head_counts(layer).values()
    assert count == layer.heads
    with heads_off(layer, {"": [1]}):
        silent = layer(x)
    size = 16 // count
    with torch.no_grad():
        layer.output.weight[:, size : 2 * size] = 0
    torch.testing.assert_close(silent, layer(x))


def test_with_all_heads_off_only_the_bias_of_the_output_is_left():
    torch.manual_seed(0)
    layer = MultiHeadAttention(8, 2).double()
    with heads_off(layer, {"": [0, 1]}):
        output = layer(torch.randn(1, 3, 8, dtype=torch.float64))
    torch.testing.assert_close(output, layer.output.bias.expand(1, 3, 8))


def test_outside_the_block_nothing_has_changed(model, told):
    before = model(*told)
    with heads_off(model, {name: range(4) for name in head_counts(model)}):
        model(*told)
    assert torch.equal(model(*told), before)


def test_an_error_inside_the_block_leaves_the_model_whole(model, told):
    before = model(*told)
    with pytest.raises(KeyError), heads_off(model, {"encoder.0.self_attention": [0]}):
        raise KeyError
    assert torch.equal(model(*told), before)


def test_blocks_inside_one_another_add_up(model, told):
    with (
        heads_off(model, {"decoder.0.cross_attention": [0]}),
        heads_off(model, {"decoder.0.cross_attention": [2]}),
    ):
        nested = model(*told)
    with heads_off(model, {"decoder.0.cross_attention": [0, 2]}):
        assert torch.equal(model(*told), nested)


def test_a_switched_off_head_learns_nothing(model, told):
    with heads_off(model, {"encoder.0.self_attention": [1]}):
        model(*told).sum().backward()
    gradient = model.get_submodule("encoder.0.self_attention").value.weight.grad
    assert gradient[4:8].abs().max() == 0
    assert gradient[:4].abs().max() > 0


def test_heads_are_counted_by_layer(model):
    assert head_counts(model) == {
        f"{stack}.{layer}.{kind}_attention": 4
        for stack, kinds in (("encoder", ["self"]), ("decoder", ["self", "cross"]))
        for layer in range(2)
        for kind in kinds
    }


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (
            {"decoder.2.cross_attention": [0]},
            r"the layer 'decoder.2.cross_attention'; .* are encoder.0.self_attention, ",
        ),
        (
            {"decoder.1.cross_attention": [4]},
            r"head 4 of 'decoder.1.cross_attention', which has heads 0 to 3",
        ),
        ({"decoder.1.cross_attention": [-1]}, r"head -1 of 'decoder.1.cross_attention'"),
    ],
)
def test_what_is_not_there_is_refused(model, off, words):
    with pytest.raises(ValueError, match=words), heads_off(model, off):
        pass


def test_a_model_without_heads_says_so():
    with (
        pytest.raises(ValueError, match="attention layers are none"),
        heads_off(nn.Linear(1, 1), {"x": [0]}),
    ):
        pass
