"""Rollout, value norms and gradients, against matrices by hand and the equation with its graph."""

import pytest
import torch
from torch import nn

from attnlib.heads import MultiHeadAttention
from attnlib.inspect import (
    gradient_attention,
    norm_weights,
    record_attention,
    rollout,
    value_norms,
    weight_gradients,
)
from attnlib.masks import Causal


def test_rollout_of_two_layers_is_the_product_with_half_of_the_identity():
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0]])[None, None]
    second = torch.tensor([[0.0, 1.0], [0.5, 0.5]])[None, None]
    # ½A₁ + ½I = [[1, 0], [.5, .5]], ½A₂ + ½I = [[.5, .5], [.25, .75]]
    expected = [[0.75, 0.25], [0.625, 0.375]]
    assert rollout([first, second])[0].tolist() == expected


def test_rollout_without_a_residual_is_the_plain_product_of_mean_maps():
    maps = [torch.rand(2, 3, 5, 5, dtype=torch.float64).softmax(dim=-1) for _ in range(3)]
    a, b, c = (one.mean(dim=1) for one in maps)
    torch.testing.assert_close(rollout(maps, residual=0.0), c @ b @ a)


def test_a_row_of_a_rollout_sums_to_one_even_where_a_token_sees_nothing():
    blind = torch.zeros(1, 1, 3, 3)
    blind[..., 1:, 0] = 1
    assert rollout([blind, blind]).sum(dim=-1)[0].tolist() == [1, 1, 1]
    assert rollout([blind])[0, 0].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("maps", "residual", "words"),
    [([], 0.5, "one layer or more"), ([torch.ones(1, 1, 1, 1)], 1.5, "between 0 and 1, got 1.5")],
)
def test_a_rollout_of_nothing_is_refused(maps, residual, words):
    with pytest.raises(ValueError, match=words):
        rollout(maps, residual=residual)


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return MultiHeadAttention(8, heads=4, key_heads=2, projection_bias=False).double()


@pytest.fixture
def seen(layer):
    with record_attention(layer) as maps:
        output = layer(torch.randn(2, 5, 8, dtype=torch.float64), mask=Causal())
    return maps[""], output


def test_norms_are_of_what_each_key_adds_to_the_output(layer, seen):
    seen, output = seen
    parts = torch.zeros(2, 4, 5, 5, 8, dtype=torch.float64)
    for h in range(4):
        columns = layer.output.weight[:, 2 * h : 2 * h + 2]
        for j in range(5):
            carried = seen.value[:, h // 2, j] @ columns.T  # (B, E)
            parts[:, h, :, j] = seen.weights[:, h, :, j, None] * carried[:, None]
    torch.testing.assert_close(parts.sum(dim=(1, 3)), output)  # they are all there is
    torch.testing.assert_close(norm_weights(seen, layer.output.weight), parts.norm(dim=-1))


def test_shares_sum_to_one(layer, seen):
    shares = norm_weights(seen[0], layer.output.weight, shares=True)
    torch.testing.assert_close(shares.sum(dim=-1), torch.ones(2, 4, 5, dtype=torch.float64))


def test_a_matrix_that_joins_other_heads_is_refused():
    with pytest.raises(ValueError, match=r"output must have 4 · 2 columns.* got 6"):
        value_norms(torch.ones(1, 2, 3, 2), torch.ones(8, 6), heads=4)


class TwoLayers(nn.Module):
    """Two layers, by attnlib; `explicit` is the same with every weight in the graph."""

    def __init__(self):
        super().__init__()
        self.first = MultiHeadAttention(8, heads=4, key_heads=2)
        self.second = MultiHeadAttention(8, heads=2)

    def forward(self, x):
        x = x + self.first(x, mask=Causal())
        return (x + self.second(x)).tanh().sum(dim=(1, 2))

    def explicit(self, x):
        kept = []
        for layer, causal in ((self.first, True), (self.second, False)):
            states = [
                one(x).unflatten(-1, (-1, 8 // layer.heads)).transpose(1, 2)
                for one in (layer.query, layer.key, layer.value)
            ]
            query, key, value = (
                one.repeat_interleave(layer.heads // one.shape[1], dim=1) for one in states
            )
            scores = query @ key.mT / query.shape[-1] ** 0.5
            if causal:
                scores = scores.masked_fill(torch.ones(5, 5).triu(1) > 0, -torch.inf)
            weights = scores.softmax(dim=-1)
            weights.retain_grad()
            kept.append(weights)
            x = x + layer.output((weights @ value).transpose(1, 2).flatten(2))
        return x.tanh().sum(dim=(1, 2)), kept


def test_gradients_reach_the_weights_as_if_they_stood_in_the_graph():
    torch.manual_seed(0)
    model = TwoLayers().double()
    x = torch.randn(1, 5, 8, dtype=torch.float64)
    with record_attention(model) as maps:
        answer = model(x)[0]
    gradients, products = weight_gradients(answer, maps), gradient_attention(answer, maps)
    same, (first, second) = model.explicit(x)
    same.sum().backward()
    torch.testing.assert_close(answer, same[0])
    for name, weights in (("first", first), ("second", second)):
        torch.testing.assert_close(gradients[name], weights.grad)
        torch.testing.assert_close(products[name], weights.grad * weights)


def test_a_layer_that_the_answer_does_not_rest_on_has_gradient_zero():
    model = TwoLayers()
    with record_attention(model) as maps:
        x = torch.randn(1, 5, 8)
        model(x)
        answer = model.first(x).sum()
    assert not weight_gradients(answer, maps)["second"].any()


@pytest.mark.parametrize("answer", [torch.ones(2, requires_grad=True), torch.tensor(1.0)])
def test_an_answer_without_gradients_is_refused(answer):
    with pytest.raises(ValueError, match="answer must be one number that gradients can reach"):
        weight_gradients(answer, {})
