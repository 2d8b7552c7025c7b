"""record_attention: every layer's attention by name, and nothing changed by looking."""

import pytest
import torch
from torch import nn

from attnlib import Attend, MultiHeadAttention, attention, masks, record_attention


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attention = MultiHeadAttention(8, heads=2)
        self.cross_attention = MultiHeadAttention(8, heads=2)

    def forward(self, x, context):
        x = x + self.self_attention(x, mask=masks.Causal())
        return x + self.cross_attention(x, context)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Layer(), Layer()])

    def forward(self, x, context):
        for layer in self.layers:
            x = layer(x, context)
        return x


def case():
    return Decoder().double(), torch.randn(2, 4, 8).double(), torch.randn(2, 5, 8).double()


def test_layers_are_named_by_the_module_that_attends():
    model, x, context = case()
    with record_attention(model) as maps:
        model(x, context)
    assert list(maps) == [
        "layers.0.self_attention",
        "layers.0.cross_attention",
        "layers.1.self_attention",
        "layers.1.cross_attention",
    ]
    assert maps["layers.1.cross_attention"].weights.shape == (2, 2, 4, 5)


def test_the_model_itself_has_the_empty_name():
    layer = MultiHeadAttention(8, heads=2)
    with record_attention(layer) as maps:
        layer(torch.randn(1, 3, 8))
    assert list(maps) == [""]
    with pytest.raises(KeyError, match="the model itself"):
        maps["x"]


def test_an_attend_with_another_name_keeps_it():
    model = nn.ModuleDict({"cross_attend": Attend(), "look": Attend()})
    query = torch.randn(1, 1, 2, 4)
    with record_attention(model) as maps:
        model["cross_attend"](query, query, query)
        model["look"](query, query, query)
    assert list(maps) == ["cross_attend", "look"]


def test_recording_leaves_the_output_bit_identical():
    model, x, context = case()
    plain = model(x, context)
    with record_attention(model) as maps:
        recorded = model(x, context)
    assert maps["layers.0.self_attention"].weights.shape == (2, 2, 4, 4)
    assert torch.equal(recorded, plain)
    assert torch.equal(model(x, context), plain)


def test_every_call_is_kept_in_order_and_the_last_has_the_name():
    layer = MultiHeadAttention(8, heads=2)
    with record_attention(layer) as maps:
        layer(torch.randn(1, 3, 8))
        layer(torch.randn(1, 5, 8))
    assert [call.weights.shape[-1] for call in maps.calls[""]] == [3, 5]
    assert maps[""] is maps.calls[""][-1]


def test_recorded_weights_can_be_learned_from():
    layer = MultiHeadAttention(8, heads=2)
    with record_attention(layer) as maps:
        layer(torch.randn(1, 3, 8))
    maps[""].weights.square().sum().backward()
    assert layer.query.weight.grad.abs().sum() > 0


def test_weights_read_without_gradients_can_still_be_learned_from():
    query = torch.randn(1, 2, 3, 4, requires_grad=True)
    seen = attention(query, query, query)
    with torch.no_grad():
        looked_at = seen.weights
    assert not looked_at.requires_grad
    (gradient,) = torch.autograd.grad(seen.weights.square().sum(), query)
    assert gradient.any()
    assert seen.weights is seen.weights


def hooks(model):
    return sum(len(module._forward_hooks) for module in model.modules())


def test_nothing_is_recorded_after_the_block():
    model, x, context = case()
    with record_attention(model) as maps:
        assert hooks(model) == 4
    model(x, context)
    assert hooks(model) == 0
    assert not maps


def test_hooks_go_also_when_the_block_raises():
    model, _, _ = case()
    with pytest.raises(ZeroDivisionError), record_attention(model):
        raise ZeroDivisionError
    assert hooks(model) == 0


def test_a_model_without_attention_is_an_error():
    with pytest.raises(ValueError, match="Linear holds no Attend module to record"):
        record_attention(nn.Linear(2, 2)).__enter__()


def test_a_wrong_name_is_answered_with_the_right_ones():
    model, x, context = case()
    with record_attention(model) as maps:
        model(x, context)
    names = r"'encoder'; recorded: layers\.0\.self_attention, layers\.0\.cross_attention"
    with pytest.raises(KeyError, match=names):
        maps["encoder"]


def test_a_model_that_did_not_run_is_suspected():
    with record_attention(Attend()) as maps:
        pass
    with pytest.raises(KeyError, match="has the model run inside the with block"):
        maps["attend"]


@pytest.mark.parametrize("training", [True, False])
def test_dropout_happens_in_training_only(training):
    query = torch.randn(1, 2, 5, 4)
    seen = Attend(dropout_p=0.5).train(training)(query, query, query)
    assert torch.equal(seen.output, attention(query, query, query).output) != training


@pytest.mark.parametrize("fullgraph", [False, True])
@pytest.mark.parametrize("ran", [False, True], ids=["first run inside", "ran before"])
def test_a_compiled_model_is_recorded(ran, fullgraph):
    torch.compiler.reset()
    layer = MultiHeadAttention(8, heads=2)
    x = torch.randn(1, 3, 8)
    compiled = torch.compile(layer, backend="eager", fullgraph=fullgraph)
    if ran:
        compiled(x)
    with record_attention(compiled) as maps:
        output = compiled(x)
    with record_attention(layer) as expected:
        torch.testing.assert_close(output, layer(x))
    (ours,), (theirs,) = maps.values(), expected.values()
    torch.testing.assert_close(ours.weights, theirs.weights)
    torch.testing.assert_close(compiled(x), output)
