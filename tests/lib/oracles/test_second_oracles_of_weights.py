"""Weights and gates first held to loops, against Keras, PyTorch, transformers and SciPy."""

import os
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import correlate, correlate1d
from scipy.special import expit
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily
from transformers.models.groupvit import GroupViTVisionConfig
from transformers.models.groupvit.modeling_groupvit import GroupViTAssignAttention
from transformers.models.regnet.modeling_regnet import RegNetSELayer

from attnlib import attention, masks
from attnlib.heads.location_sensitive import LocationSensitiveAttention
from attnlib.normalizers import softpick
from attnlib.retrieval import Pointer, SlotAttention, copy_or_generate
from attnlib.vision import ConvolutionalBlockAttention, EfficientChannelAttention
from oracles.agreement import EXACT, assert_agree, normal

os.environ["KERAS_BACKEND"] = "torch"
import keras

B, H, T = 2, 4, 11


def additive(score):
    """Keras' layer with the last vector of ours, for query and key as they are projected."""
    layer = keras.layers.AdditiveAttention(dtype="float64")
    layer.build([(None, None, score.combine.in_features)] * 3)
    layer.scale.assign(score.combine.weight[0])
    return partial(layer, return_attention_scores=True)


def test_location_sensitive_equals_keras_step_by_step():
    layer = LocationSensitiveAttention(3, 4, hidden_size=5, filters=2, width=3).double()
    query, key, value = normal(B, 1, 4, 3), normal(B, 1, 6, 4, seed=1), normal(B, 1, 6, 2, seed=2)
    step, rows = additive(layer.attend.score), [torch.zeros(B, 1, 6).double()]
    for asking in layer.attend.score.query(query[:, 0]).split(1, dim=1):
        found = F.conv1d(rows[-1], layer.filter.weight, padding="same").mT
        places = layer.key(key[:, 0]) + F.linear(found, layer.location.weight)
        rows.append(step([asking, value[:, 0], places])[1])
    expected = (torch.cat(rows[1:], dim=1) @ value[:, 0]).unsqueeze(1)
    assert_agree(layer(query, key, value).output, expected, (query, key, value))


def test_a_pointer_equals_the_scores_of_keras():
    layer = Pointer(3, 5, hidden_size=4).double()
    query, key = normal(B, 1, 2, 3), normal(B, 1, 6, 5, seed=1)
    score = layer.attend.score
    expected = additive(score)([score.query(query[:, 0]), key[:, 0], score.key(key[:, 0])])[1]
    assert_agree(layer(query, key).weights[:, 0], expected, (query, key))


def test_copying_equals_a_mixture_of_pytorchs_distributions():
    """Of the vocabulary's distribution, and one for each place, which is sure of its word."""
    vocabulary, weights = normal(B, 3, 4).softmax(dim=-1), normal(B, 3, 5, seed=1).softmax(dim=-1)
    generate = normal(B, 3, 1, seed=2).sigmoid()
    source = torch.tensor([[0, 5, 0, 4, 2], [1, 1, 1, 1, 5]])  # 4 and 5 are not in the vocabulary
    shares = torch.cat((generate, (1 - generate) * weights), dim=-1)
    places = F.one_hot(source, 6).double().unsqueeze(1).expand(-1, 3, -1, -1)
    words = torch.cat((F.pad(vocabulary, (0, 2)).unsqueeze(2), places), dim=2)
    mixture = MixtureSameFamily(Categorical(shares), Categorical(words))
    expected = mixture.log_prob(torch.arange(6).view(6, 1, 1)).exp().permute(1, 2, 0)
    ours = copy_or_generate(generate, vocabulary, weights, source, new_words=2)
    torch.testing.assert_close(ours, expected, **EXACT)


def test_softpick_equals_pytorchs_expm1_and_l1_norm():
    """A last column in their norm stands for the ε that ours adds."""
    query, key, value = (normal(B, H, T, 4, seed=seed) for seed in range(3))
    ours = attention(query, key, value, mask=masks.Causal(), normalize=softpick).output
    scores = (query @ key.mT / 2).tril()  # of the future 0, and so e⁰ − 1
    epsilon = 1e-6 * scores.detach().amax(dim=-1, keepdim=True).clamp(min=0).exp()
    rows = F.normalize(torch.cat((scores.expm1(), epsilon), dim=-1), p=1, dim=-1)
    assert_agree(ours, rows[..., :-1].relu() @ value, (query, key, value))


@pytest.mark.parametrize("kernel", [1, 3])
def test_efficient_channels_equal_scipys_correlation(kernel):
    layer, image = EfficientChannelAttention(5, kernel=kernel).double(), normal(B, 5, 4, 3).detach()
    weights = layer.filter.weight.detach().flatten().numpy()
    gates = expit(correlate1d(image.mean(dim=(2, 3)).numpy(), weights, mode="constant"))
    expected = image * torch.from_numpy(gates)[..., None, None]
    torch.testing.assert_close(layer(image), expected, **EXACT)


def test_convolutional_block_equals_regnets_squeeze_twice_and_scipys_correlation():
    layer = ConvolutionalBlockAttention(4, reduction=2, kernel=3).double()
    image = normal(B, 4, 6, 5).detach()
    theirs = RegNetSELayer(4, 2).double()
    for its, ours in ((theirs.attention[0], layer.down), (theirs.attention[2], layer.up)):
        its.weight.data = ours.weight.data[..., None, None]
        nn.init.zeros_(its.bias)
    before = theirs.attention[:-1]  # its sigmoid is to come after the sum
    pools = F.adaptive_avg_pool2d(image, 1), F.adaptive_max_pool2d(image, 1)
    gated = (image * sum(before(pool) for pool in pools).sigmoid()).detach()
    places = torch.stack((gated.mean(dim=1), gated.amax(dim=1)), dim=1).numpy()
    weights = layer.filter.weight.detach().numpy()
    found = [correlate(one, weights[0], mode="constant")[1] for one in places]
    expected = gated * torch.from_numpy(expit(found)).unsqueeze(1)
    torch.testing.assert_close(layer(image), expected, **EXACT)


@pytest.mark.parametrize("rounds", [1, 3])
def test_slots_equal_the_groups_of_groupvit(rounds, monkeypatch):
    monkeypatch.setattr("attnlib.normalizers.competition.EPSILON", 0.0)
    layer = SlotAttention(8, slots=3, rounds=rounds).double()
    x, slots = normal(B, 5, 8), normal(B, 3, 8, seed=1)
    config = GroupViTVisionConfig(hidden_size=8, assign_eps=0.0)
    theirs = GroupViTAssignAttention(config).double()
    theirs.eval().get_attn = partial(theirs.get_attn, hard=False)  # soft, as in their training
    theirs.proj = nn.Identity()
    for name in ("query", "key", "value"):
        its = getattr(theirs, f"{name[0]}_proj")
        its.weight.data = getattr(layer, name).weight.data
        nn.init.zeros_(its.bias)
    expected = slots
    for _ in range(rounds):
        found, _ = theirs(layer.slot_norm(expected), layer.norm(x))
        expected = layer.update(found.flatten(0, 1), expected.flatten(0, 1)).view_as(slots)
        expected = expected + layer.mlp(layer.mlp_norm(expected))
    assert_agree(layer(x, slots), expected, (x, slots))
