"""A mask is laid at most once per call, and not at all where a kernel knows its structure."""

import pytest
import torch
from oracles.agreement import EXACT, IMPLS, normal

from attnlib import MultiHeadAttention, attention, masks
from attnlib.heads import (
    DifferentialAttention,
    ForgettingAttention,
    GatedAttention,
    SelectiveAttention,
)

BAND = masks.Causal() & masks.Window(3)
DOCUMENTS = masks.Document(torch.tensor([0, 0, 1, 1, 1, 1]))
PADDING = masks.Padding(torch.tensor([6, 4]))


class Counted(masks.Mask):
    """A mask that counts how often it is laid, row by row; all else it leaves to the other."""

    def __init__(self, mask):
        self.mask, self.rows = mask, []

    def rule(self, grid):
        self.rows += grid.query.flatten().tolist()
        return self.mask.rule(grid)

    def band(self):
        return self.mask.band()

    def sees_itself(self):
        return self.mask.sees_itself()


@pytest.fixture
def states():
    return normal(2, 4, 6, 4), normal(2, 2, 6, 4, seed=1), normal(2, 2, 6, 4, seed=2)


@pytest.mark.parametrize("impl", ["reference", "sdpa", "tiled", "chunked", "split"])
@pytest.mark.parametrize("rule", [BAND, DOCUMENTS, PADDING, masks.Causal() & PADDING], ids=repr)
def test_attention_lays_a_mask_once(states, impl, rule):
    mask = Counted(rule)
    attention(*states, mask=mask, impl=impl)
    assert mask.rows == list(range(6))


@pytest.mark.parametrize("impl", ["reference", "sdpa", "split"])
def test_reading_what_was_seen_does_not_lay_it_again(states, impl):
    mask = Counted(PADDING)
    seen = attention(*states, mask=mask, impl=impl)
    assert seen.weights.shape == (2, 4, 6, 6)
    assert seen.rows(slice(-1, None)).shape == (2, 4, 1, 6)
    assert seen.logsumexp.shape == (2, 4, 6)
    assert mask.rows == list(range(6))


def test_a_large_mask_is_not_kept_for_reading(monkeypatch, states):
    monkeypatch.setattr("attnlib.masks._laying.KEPT_WITH_OUTPUT", 10)
    mask = Counted(PADDING)
    seen = attention(*states, mask=mask)
    assert seen.rows(slice(-1, None)).shape == (2, 4, 1, 6)
    assert mask.rows == [*range(6), 5]


def test_a_causal_square_is_not_laid(states):
    mask = Counted(masks.Causal())
    attention(*states, mask=mask)
    assert mask.rows == []


@pytest.mark.parametrize("rule", [masks.Causal(), masks.Window(3), BAND], ids=repr)
def test_for_the_newest_token_a_band_is_not_laid(states, rule):
    query, key, value = states
    mask = Counted(rule)
    attention(query[:, :, -1:], key, value, mask=mask)
    assert mask.rows == []


def test_a_band_is_laid_for_no_more_than_its_blocks(monkeypatch):
    laid = []
    dense = masks.Mask.dense
    monkeypatch.setattr(
        masks.Mask, "dense", lambda mask, *a, **k: laid.append(a) or dense(mask, *a, **k)
    )
    states = normal(1, 1, 200, 2)
    attention(states, states, states, mask=BAND, impl="banded")
    assert laid == [(64, 66), (5, 7)]  # one block for all, the rest; the first rows are causal


@pytest.mark.parametrize("rule", [BAND, PADDING, masks.Causal() & PADDING], ids=repr)
def test_a_layer_lays_a_mask_once(rule):
    mask, layer = Counted(rule), MultiHeadAttention(8, heads=2)
    layer(torch.randn(2, 6, 8), mask=mask)
    assert mask.rows == list(range(6))


CAUSAL_LAYERS = [ForgettingAttention, SelectiveAttention, GatedAttention, DifferentialAttention]


@pytest.mark.parametrize("kind", CAUSAL_LAYERS)
def test_every_layer_lays_a_mask_once(kind):
    mask, layer = Counted(masks.Padding(torch.tensor([6, 4]), side="left")), kind(8, heads=2)
    layer(torch.randn(2, 6, 8), mask=mask)
    assert mask.rows == list(range(6))


def test_a_layer_lays_a_mask_over_a_context_once():
    mask, layer = Counted(masks.Padding(torch.tensor([5, 3]))), MultiHeadAttention(8, heads=2)
    layer(torch.randn(2, 6, 8), torch.randn(2, 5, 8), mask=mask)
    assert len(mask.rows) == 6


# Small masks of a fixed rule are kept from call to call


@pytest.fixture
def laid(monkeypatch):
    """How often a mask was really laid."""
    from attnlib.masks import _laying

    _laying._kept.cache_clear()
    counted, dense = [], masks.Mask.dense
    monkeypatch.setattr(
        masks.Mask, "dense", lambda mask, *a, **k: counted.append(mask) or dense(mask, *a, **k)
    )
    yield counted
    _laying._kept.cache_clear()


def test_an_equal_rule_is_found_again(laid, states):
    for _ in range(3):
        attention(*states, mask=masks.Causal() & masks.Window(3))
    assert len(laid) == 1
    attention(*states, mask=masks.Causal() & masks.Window(4))
    assert len(laid) == 2


def test_other_lengths_are_laid_anew(laid, states):
    query, key, value = states
    attention(query, key, value, mask=BAND)
    output = attention(query[:, :, 2:], key, value, mask=BAND).output
    assert len(laid) == 2
    whole = attention(query, key, value, mask=BAND, impl="reference").output
    torch.testing.assert_close(output, whole[:, :, 2:], **EXACT)


@pytest.mark.parametrize("number", [1, 2])
def test_what_rests_on_a_tensor_is_never_kept(states, number):
    """It may change between two calls, as lengths do in decoding."""
    lengths = torch.tensor([4, 2])
    mask = masks.Padding(lengths) if number == 1 else masks.Padding(lengths) | masks.Window(1)
    attention(*states, mask=mask)
    lengths += 2
    again = attention(*states, mask=mask).weights
    assert again[1, 0, 0, 3] > 0


def test_a_function_is_never_kept(states):
    far = [2]
    mask = masks.Rule(lambda q, k: q - k < far[0])
    before = attention(*states, mask=mask).output
    far[0] = 0
    assert not torch.equal(attention(*states, mask=mask).output, before)


def test_a_mask_kept_in_inference_can_be_learned_with(states):
    """For the backward pass a normalizer of one's own may want the mask as it is."""

    def softmax(scores, allowed):
        return scores.where(allowed, -torch.inf).softmax(dim=-1)

    mask = masks.Window(2) & masks.Chunk(4)
    with torch.inference_mode():
        attention(*states, mask=mask, normalize=softmax)
    output = attention(*states, mask=mask, normalize=softmax).output
    assert torch.autograd.grad(output.sum(), states[0])[0].isfinite().all()


def test_a_large_mask_is_not_kept(laid):
    states = torch.zeros(1, 1, 300, 1)
    for _ in range(2):
        attention(states, states, states, mask=BAND)
    assert len(laid) == 2


def test_fake_tensors_meet_no_kept_mask(states):
    from torch._subclasses.fake_tensor import FakeTensorMode

    attention(*states, mask=BAND)
    with FakeTensorMode():
        fake = torch.empty(2, 4, 6, 4)
        assert attention(fake, fake, fake, mask=BAND).output.shape == (2, 4, 6, 4)
        assert attention(fake, fake, fake, mask=~BAND).output.shape == (2, 4, 6, 4)
    assert attention(*states, mask=~BAND).output.isfinite().all()


# What is hidden is not read, whatever hides it


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("mask", [None, masks.Causal(), PADDING], ids=repr)
def test_a_key_that_a_bias_hides_is_not_read(states, impl, mask):
    query, key, value = (s.detach().requires_grad_() for s in states)
    bias = torch.zeros(1, 1, 1, 6, dtype=torch.float64).index_fill(3, torch.tensor([1]), -torch.inf)
    outputs = []
    for rubbish in (0.0, torch.nan):
        dirty = [s.detach().index_fill(2, torch.tensor([1]), rubbish) for s in (key, value)]
        dirty = [s.requires_grad_() for s in dirty]
        seen = attention(query, *dirty, mask=mask, bias=bias, impl=impl).output
        outputs.append([seen, *torch.autograd.grad(seen.sum(), (query, *dirty))])
    for clean, dirty in zip(*outputs, strict=True):
        torch.testing.assert_close(dirty, clean, **EXACT)


@pytest.mark.parametrize("impl", IMPLS)
def test_a_row_hidden_half_by_the_mask_and_half_by_a_bias_gets_nothing(states, impl):
    query, key, value = states
    bias = torch.zeros(1, 1, 6, 6, dtype=torch.float64)
    bias[..., 2, 1:] = -torch.inf
    mask = ~masks.Prefix(1)
    seen = attention(query, key, value, mask=mask, bias=bias, impl=impl)
    assert not seen.output[:, :, 2].any()
    assert not seen.weights[:, :, 2].any()
    for gradient in torch.autograd.grad(seen.output.sum(), states):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("scale", [0.0, -1.0, -0.3])
@pytest.mark.parametrize("mask", [masks.Causal(), BAND, None], ids=repr)
def test_a_scale_of_0_or_less_is_computed(states, impl, scale, mask):
    expected = attention(*states, mask=mask, scale=scale, impl="reference")
    assert expected.output.isfinite().all()
    output = attention(*states, mask=mask, scale=scale, impl=impl).output
    torch.testing.assert_close(output, expected.output, **EXACT)
    torch.testing.assert_close(
        output, expected.weights @ states[2].repeat_interleave(2, 1), **EXACT
    )


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_query_of_nan_without_keys_gets_nothing(impl, dtype):
    query = torch.full((1, 2, 3, 4), torch.nan, dtype=dtype)
    none = torch.zeros(1, 2, 0, 4, dtype=dtype)
    assert not attention(query, none, none, impl=impl).output.any()


# Autocast


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("mask", [None, masks.Causal(), BAND], ids=repr)
def test_under_autocast_all_implementations_give_its_type(impl, mask):
    query, key, value = (torch.randn(1, 2, 6, 8) for _ in range(3))
    exact = attention(query, key, value, mask=mask)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        seen = attention(query, key, value, mask=mask, impl=impl)
        assert seen.output.dtype == torch.bfloat16
        assert seen.weights.dtype == seen.scores.dtype == seen.logsumexp.dtype == torch.float32
    rounded = attention(query.bfloat16(), key.bfloat16(), value.bfloat16(), mask=mask)
    torch.testing.assert_close(seen.weights, rounded.weights)  # not rounded to 16 bits on the way
    torch.testing.assert_close(seen.output.float(), exact.output, rtol=0.02, atol=0.02)


def test_under_autocast_float64_stays_float64():
    states = normal(1, 2, 6, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert attention(states, states, states).output.dtype == torch.float64


def test_under_autocast_a_band_gives_the_type_that_sdpa_gives():
    states = torch.randn(1, 1, 2048, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        seen = attention(states, states, states, mask=BAND)
    assert seen.plan.impl == "banded"
    assert seen.output.dtype == torch.bfloat16


# What comes back


def test_what_attention_returns_is_shown_in_one_line(states):
    seen = attention(*states, mask=BAND)
    assert repr(seen) == (
        "Attended(output (2, 4, 6, 4), sdpa: a dot product and softmax: PyTorch's fused kernel)"
    )


def test_what_attention_returns_is_complete_and_cannot_be_changed(states):
    seen = attention(*states, mask=BAND)
    assert seen.mask is BAND
    with pytest.raises(AttributeError):
        seen.output = seen.output + 1
