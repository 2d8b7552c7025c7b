"""Temperature, top-k and top-p, against the warpers of transformers in float64."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from attnlib.models.generation.sampling import distribution, draw, keep_likeliest


def logits(seed, words=12):
    source = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(2, words, generator=source, dtype=torch.float64)


@given(
    seed=st.integers(0, 10_000),
    temperature=st.floats(0.2, 5),
    top_k=st.integers(1, 15),
    top_p=st.floats(0.05, 1),
)
def test_the_distribution_is_the_one_transformers_draws_from(seed, temperature, top_k, top_p):
    warpers = LogitsProcessorList(
        [TemperatureLogitsWarper(temperature), TopKLogitsWarper(top_k), TopPLogitsWarper(top_p)]
    )
    expected = warpers(None, logits(seed)).softmax(dim=-1)
    ours = distribution(logits(seed), temperature=temperature, top_k=top_k, top_p=top_p)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)


def test_without_choices_it_is_the_softmax():
    assert torch.equal(distribution(logits(0)), logits(0).softmax(dim=-1))


def test_a_low_temperature_leaves_the_likeliest_only():
    cold = distribution(logits(0), temperature=1e-4)
    assert torch.equal(cold.argmax(-1), logits(0).argmax(-1))
    assert cold.max(-1).values.min() == 1


def test_the_nucleus_is_the_fewest_tokens_that_hold_p():
    chances = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
    kept = distribution(chances.log(), top_p=0.7)
    torch.testing.assert_close(kept, torch.tensor([0.625, 0.375, 0, 0], dtype=torch.float64))


def test_more_than_all_tokens_is_all():
    assert torch.equal(keep_likeliest(logits(0), 99), logits(0))


def test_draws_come_as_often_as_their_probability_says():
    chances = torch.tensor([0.0, 0.2, 0.0, 0.5, 0.3])
    source = torch.Generator().manual_seed(0)
    drawn = draw(chances.expand(20_000, 5), torch.rand(20_000, generator=source))
    shares = torch.bincount(drawn, minlength=5) / 20_000
    torch.testing.assert_close(shares, chances, rtol=0, atol=0.01)
    assert shares[[0, 2]].sum() == 0


def test_a_chance_of_zero_draws_no_impossible_token():
    chances = torch.tensor([[0.0, 0.0, 1.0, 0.0]])
    assert draw(chances, torch.tensor([0.0])) == 2


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"temperature": 0.0}, "temperature must be above 0, got 0"),
     ({"temperature": float("nan")}, "temperature must be above 0, got nan"),
     ({"top_k": 0}, "top_k must be at least 1, got 0"),
     ({"top_p": 0.0}, "top_p must be above 0 and at most 1, got 0"),
     ({"top_p": 1.5}, "top_p must be above 0 and at most 1, got 1.5")],
)  # fmt: skip
def test_a_choice_that_means_nothing_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        distribution(logits(0), **choice)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("temperature", [1e-4, 1e-38, 1e-45, 1e-320])
def test_a_tiny_temperature_is_the_likeliest(dtype, temperature):
    cold = distribution(torch.tensor([2.0, 1.0, 11.0], dtype=dtype), temperature=temperature)
    assert cold.tolist() == [0, 0, 1]


def test_in_the_cold_those_that_tie_share():
    cold = distribution(torch.tensor([3.0, 1.0, 3.0]), temperature=1e-38, top_p=0.9)
    assert cold.tolist() == [0.5, 0, 0.5]


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_no_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature must be above 0"):
        distribution(logits(0), temperature=temperature)
