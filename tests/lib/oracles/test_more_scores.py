"""Cosine, location and location-sensitive scores against PyTorch and loops from the papers."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from attnlib import attention, masks, record_attention
from attnlib.heads.location_sensitive import LocationSensitiveAttention
from attnlib.scores.cosine import Cosine, strength_for
from attnlib.scores.location import Location
from oracles.agreement import CASES, assert_agree, normal, queries_keys_values


@CASES
@given(inputs=queries_keys_values(), strength=st.sampled_from([0.5, 1.0, 8.0]))
def test_cosine_equals_pytorch_on_unit_vectors(inputs, strength):
    query, key, value = inputs
    score = Cosine(strength, learned=True).double()
    ours = attention(query, key, value, score=score).output
    directions = query / query.norm(dim=-1, keepdim=True), key / key.norm(dim=-1, keepdim=True)
    theirs = F.scaled_dot_product_attention(*directions, value, scale=strength, enable_gqa=True)
    assert_agree(ours, theirs, inputs)


def test_a_learned_strength_gets_its_gradient():
    query, key = normal(1, 1, 2, 3), normal(1, 1, 4, 3, seed=1)
    score = Cosine(2.0, learned=True).double()
    score(query, key).sum().backward()
    cosines = F.cosine_similarity(query.mT.unsqueeze(-1), key.mT.unsqueeze(-2), dim=2)
    torch.testing.assert_close(score.strength.grad, cosines.sum())


def test_a_vector_without_length_has_the_cosine_0():
    zero = torch.zeros(1, 1, 1, 3, dtype=torch.float64, requires_grad=True)
    scores = Cosine()(zero, normal(1, 1, 4, 3))
    assert (scores == 0).all()
    (gradient,) = torch.autograd.grad(scores.sum(), zero)
    assert gradient.isfinite().all()


def test_the_strength_for_four_tokens_worked_by_hand():
    assert strength_for(4) == math.log2(12)
    with pytest.raises(ValueError, match="length must be at least 2, got 1"):
        strength_for(1)


@CASES
@given(inputs=queries_keys_values(shared_keys=False))
def test_location_equals_pytorch_with_the_places_as_keys(inputs):
    query, key, value = inputs
    score = Location(query.shape[-1], longest=4).double()
    ours = attention(query, key, value, score=score).output
    places = score.weight[: key.shape[2]].expand(*key.shape[:2], -1, -1)
    theirs = F.scaled_dot_product_attention(query, places, value, scale=1.0)
    assert_agree(ours, theirs, (query, value, score.weight))


def test_a_place_beyond_the_longest_is_an_error():
    states = normal(1, 1, 5, 3)
    with pytest.raises(ValueError, match="key has length 5, but the score knows 4 places"):
        attention(states, states, states, score=Location(3, longest=4).double())


def location_sensitive_by_loops(layer, query, key, value, seen=lambda i, j: True):
    """Chorowski et al. (2015), equations 5 to 9, a number at a time."""
    batch, heads, steps, _ = query.shape
    keys, middle = key.shape[2], layer.filter.kernel_size[0] // 2
    score = layer.attend.score
    outputs = torch.zeros(batch, heads, steps, value.shape[-1], dtype=torch.float64)
    for b in range(batch):
        for h in range(heads):
            last = torch.zeros(keys, dtype=torch.float64)
            for i in range(steps):
                scores = torch.full((keys,), -torch.inf, dtype=torch.float64)
                for j in range(keys):
                    found = torch.zeros(len(layer.filter.weight), dtype=torch.float64)
                    for shift in range(-middle, middle + 1):
                        if 0 <= j + shift < keys:
                            found = (
                                found + layer.filter.weight[:, 0, middle + shift] * last[j + shift]
                            )
                    hidden = score.query.weight @ query[b, h, i]
                    hidden = hidden + layer.key.weight @ key[b, h, j] + layer.key.bias
                    hidden = hidden + layer.location.weight @ found
                    if seen(i, j):
                        scores[j] = score.combine.weight[0] @ hidden.tanh()
                last = scores.softmax(dim=0)
                outputs[b, h, i] = last @ value[b, h]
    return outputs


@pytest.fixture
def layer():
    return LocationSensitiveAttention(3, 4, hidden_size=5, filters=2, width=3).double()


@pytest.mark.parametrize(("steps", "keys"), [(1, 1), (1, 4), (3, 1), (4, 6)])
def test_location_sensitive_equals_loops(layer, steps, keys):
    inputs = normal(2, 2, steps, 3), normal(2, 2, keys, 4, seed=1), normal(2, 2, keys, 2, seed=2)
    seen = layer(*inputs)
    output, weights = seen.output, seen.weights
    assert_agree(output, location_sensitive_by_loops(layer, *inputs), inputs)
    assert_agree(weights @ inputs[2], output, inputs)


def test_location_sensitive_under_a_mask_equals_loops(layer):
    inputs = normal(1, 1, 4, 3), normal(1, 1, 4, 4, seed=1), normal(1, 1, 4, 2, seed=2)
    output = layer(*inputs, mask=masks.Causal()).output
    expected = location_sensitive_by_loops(layer, *inputs, seen=lambda i, j: j <= i)
    assert_agree(output, expected, inputs)
    boolean = layer(*inputs, mask=torch.ones(4, 4, dtype=torch.bool).tril()).output
    assert_agree(boolean, expected, inputs)


def test_step_by_step_is_all_steps_at_once(layer):
    query, key, value = normal(1, 2, 3, 3), normal(1, 2, 5, 4, seed=1), normal(1, 2, 5, 2, seed=2)
    whole = layer(query, key, value).output
    last, outputs = None, []
    for states in query.split(1, dim=2):
        attended = layer.step(states, key, value, last)
        last = attended.weights
        outputs.append(attended.output)
    assert_agree(torch.cat(outputs, dim=2), whole, (query, key, value))


def test_recording_finds_every_step(layer):
    query, key, value = normal(1, 2, 3, 3), normal(1, 2, 5, 4, seed=1), normal(1, 2, 5, 2, seed=2)
    with record_attention(layer) as maps:
        weights = layer(query, key, value).weights
    recorded = torch.cat([attended.weights for attended in maps.calls[""]], dim=2)
    assert_agree(recorded, weights, (query, key))


def test_sizes_that_do_not_fit_are_errors(layer):
    query, key = normal(1, 1, 2, 3), normal(1, 1, 5, 4)
    with pytest.raises(ValueError, match="query has size 4, but the score expects 3"):
        layer(key, key, key)
    with pytest.raises(ValueError, match="key has size 3, but the score expects 4"):
        layer(query, query, query)
    with pytest.raises(ValueError, match="last has length 4, but key has 5"):
        layer.step(query[:, :, :1], key, key, last=normal(1, 1, 1, 4))
    with pytest.raises(ValueError, match="width must be odd and at least 1, got 4"):
        LocationSensitiveAttention(3, 4, hidden_size=5, filters=2, width=4)
