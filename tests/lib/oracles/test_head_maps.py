"""Attention whose maps act on one another, against PyTorch or loops written from the papers."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from attnlib import Attend, attention, masks, record_attention
from attnlib.heads.forgetting import ForgettingAttention, log_decay
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.heads.multi_token import DepthScaledNorm, MultiTokenAttention, convolve
from attnlib.heads.selective import SelectiveAttention, accumulated
from attnlib.normalizers.talking import TalkingHeads
from oracles.agreement import assert_agree, normal

LENGTH, HEADS = 5, 2
ALONG_ONE_SEQUENCE = [
    ForgettingAttention(8, HEADS),
    SelectiveAttention(8, HEADS),
    MultiTokenAttention(8, HEADS, queries=2, keys=3),
    MultiTokenAttention(8, HEADS, queries=2, keys=3, group=2),
]
along_one_sequence = pytest.mark.parametrize(
    "layer", ALONG_ONE_SEQUENCE, ids=lambda layer: type(layer).__name__
)


@pytest.fixture
def x():
    return normal(2, LENGTH, 8)


def heads_of(layer, x):
    """The layer's queries, keys and values in float64."""
    return layer.double().project(x)


def joined(layer, heads):
    return layer.output(torch.cat(heads.unbind(1), dim=-1))


def test_forgetting_equals_pytorch_with_products_of_gates_as_a_bias(x):
    layer = ForgettingAttention(8, HEADS).double()
    query, key, value = heads_of(layer, x)
    gates = torch.sigmoid(layer.forget(x))
    rows = []
    for i in range(LENGTH):
        for j in range(LENGTH):
            decay = gates[:, j + 1 : i + 1].prod(dim=1).log()
            rows.append(decay if j <= i else torch.full_like(decay, -torch.inf))
    bias = torch.stack(rows, dim=-1).unflatten(-1, (LENGTH, LENGTH))
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    assert_agree(layer(x), joined(layer, expected), (x, layer.forget.weight))


def test_the_decay_by_half_each_token_worked_by_hand():
    """With every gate 1/2 a key fades by half each token."""
    halves = torch.full((1, 1, 3), math.log(0.5), dtype=torch.float64)
    expected = torch.tensor([[1, 0, 0], [0.5, 1, 0], [0.25, 0.5, 1]], dtype=torch.float64)
    torch.testing.assert_close(log_decay(halves).exp().tril()[0, 0], expected)


def test_talking_heads_equal_the_einsums_of_the_paper(x):
    layer = MultiHeadAttention(8, HEADS, attend=Attend(normalize=TalkingHeads(HEADS))).double()
    talk = layer.attend.normalize
    query, key, value = heads_of(layer, x)
    hidden = ~torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()
    scores = torch.einsum("bhnd,bhmd->bhnm", query, key) / 2
    scores = torch.einsum("bhnm,gh->bgnm", scores, talk.scores.weight)
    weights = scores.masked_fill(hidden, -torch.inf).softmax(dim=-1)
    weights = torch.einsum("bhnm,gh->bgnm", weights, talk.weights.weight)
    expected = torch.einsum("bhnm,bhmd->bhnd", weights, value)
    parameters = (x, talk.scores.weight, talk.weights.weight)
    assert_agree(layer(x, mask=masks.Causal()), joined(layer, expected), parameters)


def test_talking_heads_do_not_tell_what_another_may_not_see():
    states = normal(1, 2, 3, 4)
    one_blind = torch.tensor([True, False]).view(1, 2, 1, 1).expand(1, 2, 3, 3)
    with pytest.raises(ValueError, match="mask must be the same for all heads, got 2"):
        attention(states, states, states, mask=one_blind, normalize=TalkingHeads(2).double())


def test_talking_heads_of_another_number_are_an_error():
    states = normal(1, 2, 3, 4)
    with pytest.raises(ValueError, match="scores have 2 heads, but 4 are to talk"):
        attention(states, states, states, normalize=TalkingHeads(4).double())


def test_selective_attention_equals_loops(x):
    layer = SelectiveAttention(8, HEADS).double()
    query, key, value = heads_of(layer, x)
    heads = torch.zeros_like(value)
    for b in range(2):
        masked = [0.0] * LENGTH  # by the tokens before i
        for i in range(LENGTH):
            for h in range(HEADS):
                scores = [query[b, h, i] @ key[b, h, j] / 2 - masked[j] for j in range(i + 1)]
                weights = torch.stack(scores).softmax(dim=0)
                heads[b, h, i] = sum(weights[j] * value[b, h, j] for j in range(i + 1))
            for j in range(1, i):
                masked[j] = masked[j] + (query[b, 0, i] @ key[b, 0, j] / 2).clamp(min=0)
    assert_agree(layer(x), joined(layer, heads), (x,))


def test_what_is_masked_worked_by_hand():
    """Token 2 masks token 1 by 3; token 3 adds 2 and masks token 2 by 1; the first stays."""
    scores = torch.tensor([[9.0, 9, 9, 9], [9, 9, 9, 9], [9, 3, 9, 9], [9, 2, 1, 9]])
    allowed = torch.ones(4, 4, dtype=torch.bool).tril()
    masked = accumulated(scores[None, None], allowed[None, None])[0, 0]
    assert masked.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 3, 0, 0]]


def multi_token_weights(layer, query, key):
    """The paper's sums: an entry at a time, its kernel and its mixing, in loops."""
    queries, keys = layer.kernel.shape[1:]
    weights = query.new_zeros(*query.shape[:3], query.shape[2])
    for b, h, i in itertools.product(*map(range, query.shape[:3])):
        scores = [
            sum(
                layer.kernel[h, a, shift + 1] * (query[b, h, i - a] @ key[b, h, j - shift] / 2)
                for a in range(queries)
                for shift in range(-(keys // 2), keys - keys // 2)
                if 0 <= j - shift <= i - a
            )
            for j in range(i + 1)
        ]
        weights[b, h, i, : i + 1] = torch.stack(scores).softmax(dim=0)
    return weights


def test_key_query_convolution_equals_loops(x):
    layer = MultiTokenAttention(8, HEADS, queries=2, keys=3).double()
    layer.kernel.data.copy_(normal(*layer.kernel.shape, seed=4))
    query, key, value = heads_of(layer, x)
    heads = multi_token_weights(layer, query, key) @ value
    assert_agree(layer(x), joined(layer, heads), (x, layer.kernel))


def test_head_mixing_equals_loops_within_each_group(x):
    layer = MultiTokenAttention(8, 4, queries=1, keys=1, group=2).double()
    mix = layer.attend.normalize.mix
    mix.data.copy_(normal(2, 2, 2, seed=4))
    query, key, value = heads_of(layer, x)
    hidden = ~torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()
    own = (query @ key.mT / math.sqrt(2)).masked_fill(hidden, -torch.inf).softmax(dim=-1)
    heads = []
    for head in range(4):
        first = 2 * (head // 2)  # the group's
        row = mix[head // 2, head % 2]
        mixed = row[0] * own[:, first] + row[1] * own[:, first + 1]
        heads.append(mixed @ value[:, head])
    assert_agree(layer(x), joined(layer, torch.stack(heads, dim=1)), (x, mix))


def test_one_group_of_all_heads_is_the_second_half_of_talking_heads(x):
    layer = MultiTokenAttention(8, HEADS, queries=1, keys=1, group=HEADS).double()
    talking = MultiHeadAttention(8, HEADS, attend=Attend(normalize=TalkingHeads(HEADS))).double()
    talking.load_state_dict(layer.state_dict(), strict=False)
    nn.init.eye_(talking.attend.normalize.scores.weight)
    layer.attend.normalize.mix.data.copy_(talking.attend.normalize.weights.weight)
    assert_agree(layer(x), talking(x, mask=masks.Causal()), (x,))


@pytest.mark.parametrize(("layer", "factor"), [(1, 0.8), (2, 0.64449), (20, 0.20201)])
def test_each_head_is_scaled_to_a_mean_square_that_shrinks_with_depth(layer, factor):
    """0.2 + 0.6·e^(−0.3·(layer − 1)), worked by hand: 0.8; 0.2 + 0.6 · 0.74082; …"""
    heads = 100 * normal(2, 3, 4, 8)
    scaled = DepthScaledNorm(8, layer)(heads)
    roots = scaled.square().mean(dim=-1).sqrt()
    torch.testing.assert_close(roots, torch.full_like(roots, factor), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(F.cosine_similarity(scaled, heads, dim=-1), torch.ones_like(roots))


def test_all_three_parts_together_equal_loops(x):
    layer = MultiTokenAttention(8, HEADS, queries=2, keys=3, group=2, layer=2).double()
    layer.kernel.data.copy_(normal(*layer.kernel.shape, seed=4))
    mix = layer.attend.normalize.mix
    mix.data.copy_(normal(1, 2, 2, seed=5))
    query, key, value = heads_of(layer, x)
    own = multi_token_weights(layer, query, key)
    mixed = torch.stack([row[0] * own[:, 0] + row[1] * own[:, 1] for row in mix[0]], dim=1)
    heads = mixed @ value
    heads = heads / (heads.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt()
    heads = (0.2 + 0.6 * math.exp(-0.3)) * heads
    assert_agree(layer(x), joined(layer, heads), (x, layer.kernel, mix))


def test_mixing_gives_no_weight_to_what_a_head_may_not_see(x):
    layer = MultiTokenAttention(8, HEADS, queries=1, keys=1, group=2).double()
    layer.attend.normalize.mix.data.fill_(0.5)
    apart = torch.ones(1, HEADS, LENGTH, LENGTH, dtype=torch.bool)
    apart[:, 1] = torch.eye(LENGTH, dtype=torch.bool)  # the second head sees itself alone
    with record_attention(layer) as maps:
        layer(x, mask=apart)
    both = maps[""].weights
    assert (both[:, 0].tril() > 0).sum() == 2 * LENGTH * (LENGTH + 1) / 2
    assert (both[:, 1] == both[:, 1] * torch.eye(LENGTH)).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"group": 3}, "group must divide the 4 heads, got 3"),
        ({"group": 0}, "group must divide the 4 heads, got 0"),
        ({"layer": 0}, "layer must be at least 1, got 0"),
    ],
)
def test_numbers_that_do_not_fit_are_errors(options, said):
    with pytest.raises(ValueError, match=said):
        MultiTokenAttention(8, 4, queries=1, keys=1, **options)


def test_a_convolution_over_an_even_number_of_keys_worked_by_hand():
    """keys = 2: the shifts are −1 (the next key) and 0."""
    scores = torch.tensor([[[[1.0, 2.0, 4.0]]]])
    kernel = torch.tensor([[[10.0, 1.0]]])
    allowed = torch.ones(1, 1, 1, 3, dtype=torch.bool)
    assert convolve(scores, allowed, kernel).tolist() == [[[[21.0, 42.0, 4.0]]]]


@along_one_sequence
def test_recorded_weights_give_the_output(layer, x):
    layer.double()
    with record_attention(layer) as maps:
        output = layer(x)
    seen = maps[""]
    assert_agree(joined(layer, seen.weights @ seen.value), output, (x,))


@along_one_sequence
def test_padding_is_as_if_the_sequence_ended_there(layer, x):
    layer.double()
    with torch.no_grad():
        short = layer(x[:, :3])
        padded = x.clone()
        padded[:, 3:] = torch.nan
        mask = masks.Padding(torch.tensor([3, 3]))
        output = layer(padded, mask=mask)[:, :3]
    torch.testing.assert_close(output, short, rtol=1e-9, atol=1e-10)


@along_one_sequence
def test_a_boolean_mask_combines_with_the_causal_one(layer, x):
    layer.double()
    window = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(-1)
    assert_agree(layer(x, mask=window), layer(x, mask=masks.Window(2)), (x,))


@along_one_sequence
def test_x_of_another_size_is_an_error(layer):
    with pytest.raises(ValueError, match=r"x must have the axes \(B, T, 8\), got \(2, 5, 7\)"):
        layer(torch.zeros(2, 5, 7))


def test_a_multi_token_kernel_starts_as_the_identity(x):
    layer = MultiTokenAttention(8, HEADS, queries=2, keys=4).double()
    plain = MultiHeadAttention(8, HEADS).double()
    plain.load_state_dict(layer.state_dict(), strict=False)
    assert_agree(layer(x), plain(x, mask=masks.Causal()), (x,))


@pytest.mark.parametrize(("queries", "keys"), [(0, 1), (1, 0)])
def test_a_kernel_without_size_is_an_error(queries, keys):
    with pytest.raises(ValueError, match="queries and keys must be at least 1"):
        MultiTokenAttention(8, HEADS, queries=queries, keys=keys)
