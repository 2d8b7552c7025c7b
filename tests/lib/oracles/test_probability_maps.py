"""Sparsemax, entmax, sigmoid and Gumbel draws against code nobody here wrote."""

import math

import entmax as theirs
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from attnlib import attention, masks
from attnlib.normalizers import sigmoid, softmax
from attnlib.normalizers.entmax import Entmax, entmax15, sparsemax
from attnlib.normalizers.gumbel import Relaxed, StraightThrough, gumbel_noise
from oracles.agreement import CASES, assert_agree, normal

SPARSE = {"sparsemax": sparsemax, "entmax15": entmax15, "Entmax(1.3)": Entmax(1.3)}
every_sparse = pytest.mark.parametrize("normalize", SPARSE.values(), ids=SPARSE.keys())
seeds = st.integers(0, 1000)
lengths = st.integers(1, 9)
spreads = st.sampled_from([0.1, 1.0, 10.0, 1000.0])


def scores_of(length, seed, spread):
    return (normal(2, 2, 3, length, seed=seed).detach() * spread).requires_grad_()


@CASES
@given(length=lengths, seed=seeds, spread=spreads)
def test_sparsemax_equals_entmax_package(length, seed, spread):
    scores = scores_of(length, seed, spread)
    assert_agree(sparsemax(scores), theirs.sparsemax(scores, dim=-1), (scores,))


@CASES
@given(length=lengths, seed=seeds, spread=spreads)
def test_entmax15_equals_entmax_package(length, seed, spread):
    scores = scores_of(length, seed, spread)
    assert_agree(entmax15(scores), theirs.entmax15(scores, dim=-1), (scores,))


@CASES
@given(length=lengths, seed=seeds, alpha=st.sampled_from([1.1, 1.5, 1.7, 2.0, 3.0]))
def test_entmax_equals_entmax_package_by_bisection(length, seed, alpha):
    scores = scores_of(length, seed, 1.0)
    expected = theirs.entmax_bisect(scores, alpha=alpha, dim=-1, n_iter=60)
    assert_agree(Entmax(alpha)(scores), expected, (scores,))


def test_entmax_near_1_is_softmax():
    scores = scores_of(6, 0, 1.0)
    torch.testing.assert_close(Entmax(1 + 1e-7)(scores), softmax(scores), rtol=0, atol=1e-5)


def test_sparsemax_of_a_case_worked_by_hand():
    """Of (1, 0.5, −1) the first two remain: τ = (1 + 0.5 − 1)/2 = 0.25."""
    scores = torch.tensor([1.0, 0.5, -1.0], dtype=torch.float64)
    assert sparsemax(scores).tolist() == [0.75, 0.25, 0.0]


@every_sparse
def test_masked_keys_change_nothing(normalize):
    scores = scores_of(6, 3, 1.0)
    allowed = torch.tensor([True, False, True, True, False, True])
    weights = normalize(scores, allowed)
    assert_agree(weights[..., allowed], normalize(scores[..., allowed]), (scores,))
    assert (weights[..., ~allowed] == 0).all()


@pytest.mark.parametrize("normalize", [*SPARSE.values(), sigmoid, Relaxed(0.5), StraightThrough(1)])
def test_a_row_with_nothing_allowed_is_0_and_its_gradient_finite(normalize):
    scores = scores_of(5, 0, 1.0)
    weights = normalize(scores, torch.zeros(5, dtype=torch.bool))
    assert (weights == 0).all()
    (gradient,) = torch.autograd.grad(weights.sum(), scores)
    assert gradient.isfinite().all()


@every_sparse
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("behind", [4.0, 11.0, 50.0])
def test_keys_far_behind_the_best_get_exactly_0(normalize, dtype, behind):
    scores = torch.zeros(1, 1, 1, 6, dtype=dtype)
    scores[..., 3] = behind
    assert normalize(scores).flatten().tolist() == [0, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("alpha", [1, 0.5, -1, math.nan])
def test_alpha_of_1_or_less_is_an_error(alpha):
    with pytest.raises(ValueError, match="alpha must be above 1"):
        Entmax(alpha)


@CASES
@given(length=lengths, seed=seeds)
def test_sigmoid_equals_each_pair_by_itself(length, seed):
    query, key, value = (normal(1, 1, length, 2, seed=seed + i) for i in range(3))
    output = attention(query, key, value, mask=masks.Causal(), normalize=sigmoid).output
    expected = torch.zeros(length, 2, dtype=torch.float64)
    for i in range(length):
        for j in range(i + 1):
            score = sum(query[0, 0, i, d] * key[0, 0, j, d] for d in range(2)) / math.sqrt(2)
            weight = 1 / (1 + torch.exp(-(score - math.log(length))))
            expected[i] = expected[i] + weight * value[0, 0, j]
    assert_agree(output[0, 0], expected, (query, key, value))


def test_sigmoid_of_scores_0_sums_to_almost_1():
    """With n keys of score 0 each weight is 1/(1 + n)."""
    torch.testing.assert_close(sigmoid(torch.zeros(4)), torch.full((4,), 0.2))


@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
@pytest.mark.parametrize(("kind", "one_key"), [(Relaxed, False), (StraightThrough, True)])
def test_gumbel_draws_equal_pytorch_with_the_same_noise(kind, one_key, temperature):
    query, key, value = (normal(2, 3, 4, 5, seed=i) for i in range(3))
    torch.manual_seed(11)
    noise = gumbel_noise(query, key)
    drawn = attention(query, key, value, bias=noise, normalize=kind(temperature))
    torch.manual_seed(11)
    scores = query @ key.mT / math.sqrt(5)
    expected = F.gumbel_softmax(scores, tau=temperature, hard=one_key)
    assert_agree(drawn.weights, expected, (query, key))
    assert_agree(drawn.output, expected @ value, (query, key, value))


def test_a_hard_draw_takes_each_key_as_often_as_softmax_says():
    scores = torch.tensor([2.0, 1.0, 0.0, -1.0], dtype=torch.float64).log_softmax(-1)
    draws = 20_000
    query = torch.ones(1, 1, draws, 1, dtype=torch.float64)
    key = scores.view(1, 1, 4, 1)
    noise = gumbel_noise(query, key, generator=torch.Generator().manual_seed(0))
    weights = attention(query, key, key, bias=noise, normalize=StraightThrough(1.0)).weights
    torch.testing.assert_close(weights.mean(dim=2)[0, 0], scores.exp(), rtol=0, atol=0.01)


def test_some_rows_of_a_draw_are_rows_of_the_same_draw():
    query, key, value = (normal(1, 2, 6, 4, seed=i) for i in range(3))
    drawn = attention(query, key, value, bias=gumbel_noise(query, key), normalize=Relaxed(0.5))
    torch.testing.assert_close(drawn.rows(slice(2, 4)), drawn.weights[:, :, 2:4])


@pytest.mark.parametrize("temperature", [0, -1.0, math.nan])
def test_a_temperature_that_is_not_positive_is_an_error(temperature):
    with pytest.raises(ValueError, match="temperature must be positive"):
        Relaxed(temperature)
