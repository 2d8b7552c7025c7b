"""Attention whose maps act on one another, against PyTorch or loops written from the papers."""

import math

import pytest
import torch
import torch.nn.functional as F

from attnlib import attention, masks, record_attention
from attnlib.heads.forgetting import ForgettingAttention, log_decay
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.heads.multi_token import MultiTokenAttention, convolve
from attnlib.heads.selective import SelectiveAttention, accumulated
from attnlib.heads.talking import TalkingHeads, TalkingHeadsAttention
from oracles.agreement import assert_agree, normal

LENGTH, HEADS = 5, 2
ALONG_ONE_SEQUENCE = [
    ForgettingAttention(8, HEADS),
    SelectiveAttention(8, HEADS),
    MultiTokenAttention(8, HEADS, queries=2, keys=3),
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
    layer = TalkingHeadsAttention(8, HEADS).double()
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


def test_multi_token_attention_equals_loops(x):
    queries, keys = 2, 3
    layer = MultiTokenAttention(8, HEADS, queries=queries, keys=keys).double()
    layer.kernel.data.copy_(normal(*layer.kernel.shape, seed=4))
    query, key, value = heads_of(layer, x)
    heads = torch.zeros_like(value)
    for b in range(2):
        for h in range(HEADS):
            for i in range(LENGTH):
                scores = torch.zeros(i + 1, dtype=torch.float64)
                for j in range(i + 1):
                    for a in range(queries):
                        for shift in (-1, 0, 1):
                            if 0 <= j - shift <= i - a:
                                single = query[b, h, i - a] @ key[b, h, j - shift] / 2
                                scores[j] = scores[j] + layer.kernel[h, a, shift + 1] * single
                heads[b, h, i] = scores.softmax(dim=0) @ value[b, h, : i + 1]
    assert_agree(layer(x), joined(layer, heads), (x, layer.kernel))


def test_a_convolution_over_an_even_number_of_keys_worked_by_hand():
    """keys = 2: the shifts are −1 (the next key) and 0."""
    scores = torch.tensor([[[[1.0, 2.0, 4.0]]]])
    kernel = torch.tensor([[[10.0, 1.0]]])
    allowed = torch.ones(1, 3, dtype=torch.bool)
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
def test_another_sequence_as_context_is_an_error(layer, x):
    with pytest.raises(ValueError, match="context must be None"):
        layer(x, x)


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
