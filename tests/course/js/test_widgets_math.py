"""The widgets' math.js and attnlib compute the same numbers, to 1e-6, on generated cases."""

import entmax
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib import attention, masks, scores
from attnlib.normalizers import hard, sigmoid, softmax

numbers = st.floats(-30, 30, allow_nan=False, width=32)
rows = st.lists(numbers, min_size=1, max_size=9)


def vectors(count, size):
    return st.lists(st.lists(numbers, min_size=size, max_size=size), min_size=count, max_size=count)


one_query_some_keys = st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
    lambda sizes: st.tuples(vectors(1, sizes[1]), vectors(*sizes), vectors(*sizes))
)


def tensor(nested):
    return torch.tensor(nested, dtype=torch.float64)


def agree(javascript_said, expected):
    torch.testing.assert_close(tensor(javascript_said), expected, rtol=1e-6, atol=1e-6)


SCORES = {
    "dot": scores.dot,
    "scaledDot": scores.scaled_dot,
}


@pytest.mark.parametrize("name", SCORES)
@given(case=one_query_some_keys)
def test_scores_agree(javascript, name, case):
    query, keys, _ = case
    expected = SCORES[name](tensor(query)[None, None], tensor(keys)[None, None], None)
    agree([javascript("math.js", name, query[0], key) for key in keys], expected.flatten())


@given(row=rows, temperature=st.floats(0.1, 10), data=st.data())
def test_softmax_with_mask_and_temperature_agrees(javascript, row, temperature, data):
    allowed = data.draw(st.lists(st.booleans(), min_size=len(row), max_size=len(row)))
    said = javascript("math.js", "softmax", row, {"allowed": allowed, "temperature": temperature})
    shape = (1, 1, 1, len(row))
    score = tensor(row).reshape(shape) / temperature
    agree(said, softmax(score, torch.tensor(allowed).reshape(shape)).flatten())


def test_softmax_does_not_overflow(javascript):
    assert javascript("math.js", "softmax", [1000, 0]) == [1, 0]


def test_nothing_allowed_gives_zeros(javascript):
    assert javascript("math.js", "softmax", [1, 2], {"allowed": [False, False]}) == [0, 0]


@given(row=rows)
def test_sparsemax_agrees_with_entmax(javascript, row):
    agree(javascript("math.js", "sparsemax", row), entmax.sparsemax(tensor(row), dim=-1))


@given(row=rows)
def test_entmax15_agrees_with_entmax(javascript, row):
    agree(javascript("math.js", "entmax15", row), entmax.entmax15(tensor(row), dim=-1))


@given(row=rows)
def test_sigmoid_and_hard_agree(javascript, row):
    scores = tensor(row).reshape(1, 1, 1, -1)
    agree(javascript("math.js", "sigmoid", row), sigmoid(scores).flatten())
    agree(javascript("math.js", "hard", row), hard(scores).flatten())


@given(case=one_query_some_keys)
def test_weighted_sum_is_attentions_output(javascript, case):
    seen = attention(*(tensor(vectors)[None, None] for vectors in case))
    said = javascript("math.js", "weightedSum", seen.weights.flatten().tolist(), case[2])
    agree(said, seen.output.flatten())


@given(row=rows)
def test_entropy_agrees_with_torch(javascript, row):
    weights = tensor(row).softmax(-1)
    expected = torch.distributions.Categorical(weights).entropy()
    agree(javascript("math.js", "entropy", weights.tolist()), expected)


@given(row=rows)
def test_standard_deviation_agrees_with_torch(javascript, row):
    agree(javascript("math.js", "standardDeviation", row), tensor(row).std(correction=0))


@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (4, 4), (2, 5)])
def test_masks_agree(javascript, queries, keys):
    causal = masks.Causal().dense(queries, keys)[0, 0].tolist()
    assert javascript("math.js", "causal", queries, keys) == causal


@pytest.mark.parametrize("choice", [0, 1, 3])
def test_a_head_is_one_or_the_average_of_all(javascript, choice):
    heads = torch.rand(3, 5, dtype=torch.float64)
    expected = heads.mean(dim=0) if choice == 0 else heads[choice - 1]
    agree(javascript("math.js", "ofHead", heads.tolist(), choice), expected)


@given(row=rows)
def test_the_largest_is_the_first_of_equals(javascript, row):
    assert javascript("math.js", "argmax", row) == row.index(max(row))
