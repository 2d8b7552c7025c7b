"""softmax and hard: from scores to weights."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib import attention
from attnlib.masks import Causal, Padding
from attnlib.normalizers import Relaxed, Sigmoid, hard, neutral, sigmoid, softmax

EXACT = {"rtol": 1e-9, "atol": 1e-10}
ROW = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]], dtype=torch.float64)
ALLOWED = torch.tensor([[[[True, False, True, False]]]])
NOTHING = torch.zeros(1, 1, 1, 4, dtype=torch.bool)
each = pytest.mark.parametrize("normalize", [softmax, hard])


def test_softmax_by_hand():
    """Scores ln 1, ln 2, ln 5 become weights 1/8, 2/8, 5/8."""
    scores = torch.tensor([[[[1.0, 2.0, 5.0]]]], dtype=torch.float64).log()
    torch.testing.assert_close(softmax(scores) * 8, scores.exp(), **EXACT)


def test_softmax_shares_the_weight_among_the_allowed():
    expected = torch.zeros_like(ROW)
    expected[..., [0, 2]] = torch.tensor([1.0, 3.0]).double().softmax(0)
    torch.testing.assert_close(softmax(ROW, ALLOWED), expected, **EXACT)


def test_hard_takes_the_best_allowed_key():
    assert hard(ROW).flatten().tolist() == [0, 0, 0, 1]
    assert hard(ROW, ALLOWED).flatten().tolist() == [0, 0, 1, 0]


def test_hard_takes_the_first_of_equals():
    assert hard(torch.zeros(1, 1, 1, 4)).flatten().tolist() == [1, 0, 0, 0]


def test_hard_lets_no_gradient_reach_the_scores():
    assert not hard(ROW.clone().requires_grad_()).requires_grad


def test_hard_is_softmax_at_a_huge_scale():
    scores = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(softmax(scores * 1e6), hard(scores), **EXACT)


@each
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf])
def test_hidden_scores_are_not_read(normalize, rubbish):
    scores = ROW.masked_fill(~ALLOWED, rubbish)
    assert torch.equal(normalize(scores, ALLOWED), normalize(ROW, ALLOWED))


@each
def test_nothing_allowed_is_no_weight(normalize):
    assert not normalize(ROW, NOTHING).any()


@each
def test_no_keys_are_no_weights(normalize):
    assert normalize(torch.zeros(2, 3, 4, 0)).shape == (2, 3, 4, 0)
    none = torch.zeros(2, 3, 4, 0, dtype=torch.bool)
    assert normalize(torch.zeros(2, 3, 4, 0), none).shape == (2, 3, 4, 0)


def test_nothing_allowed_leaves_gradients_0_not_nan():
    scores = ROW.clone().requires_grad_()
    softmax(scores, NOTHING).sum().backward()
    assert not scores.grad.any()


def test_neutral_hides_with_minus_infinity_unless_the_whole_row_is_hidden():
    assert neutral(ROW, ALLOWED).flatten().tolist() == [1, -torch.inf, 3, -torch.inf]
    assert neutral(ROW, NOTHING).flatten().tolist() == [0, 0, 0, 0]


@each
@given(
    scores=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6),
    hidden=st.sets(st.integers(0, 5)),
)
def test_weights_are_0_where_hidden_and_sum_to_1_or_0(normalize, scores, hidden):
    allowed = torch.tensor([[[[i not in hidden for i in range(len(scores))]]]])
    weights = normalize(torch.tensor([[[scores]]], dtype=torch.float64), allowed)
    assert (weights >= 0).all()
    assert not weights[~allowed].any()
    assert weights.sum().item() == pytest.approx(1 if allowed.any() else 0)


# Sigmoid, whose n is fixed


def test_a_fixed_n_is_a_bias_of_the_scores():
    """The authors' released bias of −7.62 is −ln 2048."""
    torch.testing.assert_close(Sigmoid(2048)(ROW), (ROW - math.log(2048)).sigmoid(), **EXACT)
    assert -math.log(2048) == pytest.approx(-7.62, abs=0.01)
    torch.testing.assert_close(Sigmoid(4)(ROW), sigmoid(ROW), **EXACT)


def test_with_a_fixed_n_decoding_equals_one_pass_and_padding_changes_nothing():
    states = torch.randn(3, 1, 2, 6, 4, dtype=torch.float64)
    whole = attention(*states, mask=Causal(), normalize=Sigmoid(6)).output
    query, key, value = states[:, :, :, :4]
    step = attention(query[:, :, -1:], key, value, mask=Causal(), normalize=Sigmoid(6)).output
    torch.testing.assert_close(step, whole[:, :, 3:4], **EXACT)
    padded = attention(query, *states[1:], mask=Padding(torch.tensor([4])), normalize=Sigmoid(6))
    torch.testing.assert_close(
        padded.output, attention(query, key, value, normalize=Sigmoid(6)).output, **EXACT
    )


def test_a_fixed_n_is_a_whole_number():
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        Sigmoid(0)
    with pytest.raises(TypeError, match=r"count must be a whole number, got 2\.5"):
        Sigmoid(2.5)


@pytest.mark.parametrize("temperature", [1e-30, 1e-38, 1e-45])
def test_a_tiny_temperature_leaves_the_best_allowed_key(temperature):
    scores = torch.tensor([[2.0, 1.0, 11.0]])
    allowed = torch.tensor([[True, True, False]])
    cold = Relaxed(temperature)
    assert cold(scores).tolist() == [[0, 0, 1]]
    assert cold(scores, allowed).tolist() == [[1, 0, 0]]
    assert cold(scores, torch.zeros_like(allowed)).tolist() == [[0, 0, 0]]
