"""Recurrent and averaging forms against the papers' formulas, written out with plain numbers."""

import math

import pytest
import torch

from attnlib.linear import (
    attention_free,
    cosformer,
    delta,
    gated_linear,
    linear_attention,
    retention,
    rwkv,
    state_space,
)
from attnlib.masks import Causal

T, D, DV = 7, 3, 2
FORMS = ["recurrent", "parallel", "chunked"]


def numbers(*shape, seed=0):
    source = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=source, dtype=torch.float64)


@pytest.fixture
def tokens():
    return numbers(1, 1, T, D), numbers(1, 1, T, D, seed=1), numbers(1, 1, T, DV, seed=2)


def plain(states):
    return states[0, 0].tolist()


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def summed_over_pairs(query, key, value, weight, *, normalized=False, causal=True):
    """output_i = Σ_j weight(i, j, q_i, k_j) v_j by three loops."""
    query, key, value = plain(query), plain(key), plain(value)
    outputs = []
    for i, q in enumerate(query):
        weights = [weight(i, j, q, k) if j <= i or not causal else 0.0 for j, k in enumerate(key)]
        total = sum(weights) if normalized else 1.0
        outputs.append([dot(weights, [v[c] for v in value]) / (total or 1.0) for c in range(DV)])
    return torch.tensor(outputs, dtype=torch.float64)[None, None]


def phi(x):
    return x + 1 if x > 0 else math.exp(x)


def kernel(i, j, q, k):
    return dot(map(phi, q), map(phi, k))


def close(result, expected):
    output = result[0] if isinstance(result, tuple) else result.output
    torch.testing.assert_close(output, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_causal_linear_attention_is_the_masked_kernel_sum(tokens, form):
    expected = summed_over_pairs(*tokens, kernel, normalized=True)
    close(getattr(linear_attention, form)(*tokens), expected)


def test_full_linear_attention_is_the_kernel_sum(tokens):
    expected = summed_over_pairs(*tokens, kernel, normalized=True, causal=False)
    close(linear_attention.full(*tokens), expected)


@pytest.mark.parametrize("form", FORMS)
def test_retention_decays_with_the_distance(tokens, form):
    def weight(i, j, q, k):
        return dot(q, k) * 0.7 ** (i - j)

    gamma = torch.tensor([0.7], dtype=torch.float64)
    close(getattr(retention, form)(*tokens, gamma), summed_over_pairs(*tokens, weight))


def test_retention_by_hand():
    one = torch.ones(1, 1, 3, 1, dtype=torch.float64)
    value = torch.tensor([8.0, 4.0, 2.0], dtype=torch.float64).view(1, 1, 3, 1)
    half = torch.tensor([0.5], dtype=torch.float64)
    output, state = retention.chunked(one, one, value, half)
    assert output.flatten().tolist() == [8.0, 8.0, 6.0]  # 8, 8/2 + 4, 8/4 + 4/2 + 2
    assert state.item() == 6.0


def test_the_papers_decays():
    assert retention.decays(3).tolist() == [1 - 1 / 32, 1 - 1 / 64, 1 - 1 / 128]


@pytest.mark.parametrize("form", FORMS)
def test_gates_multiply_from_the_token_after_the_key_to_the_query(tokens, form):
    alpha = numbers(1, 1, T, D, seed=3).sigmoid()
    kept = plain(alpha)

    def weight(i, j, q, k):
        return sum(
            q[d] * k[d] * math.prod(kept[t][d] for t in range(j + 1, i + 1)) for d in range(D)
        )

    close(getattr(gated_linear, form)(*tokens, alpha.log()), summed_over_pairs(*tokens, weight))


@pytest.mark.parametrize("form", FORMS)
def test_state_space_decays_by_step_times_rate(tokens, form):
    step, rate = numbers(1, 1, T, seed=3).exp(), torch.tensor([0.3], dtype=torch.float64)
    steps = plain(step)

    def weight(i, j, q, k):
        decay = math.exp(-0.3 * sum(steps[j + 1 : i + 1]))
        return dot(q, k) * decay * steps[j]

    close(getattr(state_space, form)(*tokens, rate, step), summed_over_pairs(*tokens, weight))


@pytest.mark.parametrize("form", FORMS)
def test_the_delta_rule_replaces_what_is_stored_under_a_key(form):
    key = torch.tensor([[1.0, 0], [0, 1], [1, 0]], dtype=torch.float64)[None, None]
    value = torch.tensor([[5.0], [7], [9]], dtype=torch.float64)[None, None]
    query = torch.tensor([[1.0, 0], [1, 1], [1, 0]], dtype=torch.float64)[None, None]
    write = torch.tensor([1.0, 1, 0.5], dtype=torch.float64)[None, None]
    output, state = getattr(delta, form)(query, key, value, write)
    assert output.flatten().tolist() == [5.0, 12.0, 7.0]  # the last: half way from 5 to 9
    assert state.flatten().tolist() == [7.0, 7.0]


@pytest.mark.parametrize("form", FORMS)
def test_rwkv_is_the_papers_average(tokens, form):
    query, key, _ = tokens
    value = numbers(1, 1, T, D, seed=2)
    w, u = numbers(1, D, seed=3).exp(), numbers(1, D, seed=4)
    q, k, v = plain(query), plain(key), plain(value)
    expected = torch.empty(1, 1, T, D, dtype=torch.float64)
    for t in range(T):
        for d in range(D):
            weights = [math.exp(k[i][d] - (t - 1 - i) * w[0, d].item()) for i in range(t)]
            weights.append(math.exp(k[t][d] + u[0, d].item()))
            average = sum(a * v[i][d] for i, a in enumerate(weights)) / sum(weights)
            expected[0, 0, t, d] = average / (1 + math.exp(-q[t][d]))
    close(getattr(rwkv, form)(query, key, value, w, u), expected)


def attention_free_by_loops(query, key, value, bias, causal):
    q, k, v = plain(query), plain(key), plain(value)
    expected = torch.empty(1, 1, T, D, dtype=torch.float64)
    for t in range(T):
        seen = range(t + 1) if causal else range(T)
        for d in range(D):
            weights = {j: math.exp(k[j][d] + bias[t][j]) for j in seen}
            average = sum(w * v[j][d] for j, w in weights.items()) / sum(weights.values())
            expected[0, 0, t, d] = average / (1 + math.exp(-q[t][d]))
    return expected


@pytest.mark.parametrize("causal", [False, True])
def test_attention_free_is_the_papers_average(tokens, causal):
    query, key, _ = tokens
    value, bias = numbers(1, 1, T, D, seed=2), numbers(1, 1, T, T, seed=3)
    expected = attention_free_by_loops(query, key, value, plain(bias), causal)
    mask = Causal() if causal else None
    seen = attention_free.full(query, key, value, bias=bias, mask=mask)
    close(seen, expected)
    averaged = torch.einsum("bhqkd,bhkd->bhqd", seen.weights, value)
    close((query.sigmoid() * averaged, None), expected)
    torch.testing.assert_close(seen.weights.sum(dim=3), torch.ones_like(query))
    if causal:
        close(attention_free.full(query, key, value, bias=bias, mask=mask.dense(T)), expected)


@pytest.mark.parametrize("form", FORMS)
def test_simple_attention_free_has_no_bias(tokens, form):
    query, key, _ = tokens
    value = numbers(1, 1, T, D, seed=2)
    expected = attention_free_by_loops(query, key, value, [[0.0] * T] * T, causal=True)
    close(getattr(attention_free, form)(query, key, value), expected)


def test_a_local_bias_is_kept_where_the_distance_is_below_the_width():
    bias = torch.ones(4, 4)
    near = attention_free.local_bias(bias, 2)
    assert near.tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]
    assert attention_free.local_bias(bias, 0).sum() == 0


@pytest.mark.parametrize("causal", [False, True])
def test_a_local_bias_is_one_of_the_papers_average_with_zeros_far_away(tokens, causal):
    query, key, _ = tokens
    value, bias = numbers(1, 1, T, D, seed=2), numbers(1, 1, T, T, seed=3)
    near = [
        [b if abs(t - j) < 2 else 0 for j, b in enumerate(row)] for t, row in enumerate(plain(bias))
    ]
    expected = attention_free_by_loops(query, key, value, near, causal)
    local = attention_free.local_bias(bias, 2)
    mask = Causal() if causal else None
    close(attention_free.full(query, key, value, bias=local, mask=mask), expected)


def cosine(i, j, q, k):
    similarity = dot([max(a, 0) for a in q], [max(b, 0) for b in k])
    return similarity * math.cos(math.pi / 2 * (i - j) / 10)


@pytest.mark.parametrize("form", FORMS)
def test_causal_cosformer_is_the_quadratic_form(tokens, form):
    expected = summed_over_pairs(*tokens, cosine, normalized=True)
    close(getattr(cosformer, form)(*tokens, horizon=10), expected)


def test_full_cosformer_is_the_quadratic_form(tokens):
    expected = summed_over_pairs(*tokens, cosine, normalized=True, causal=False)
    close(cosformer.full(*tokens, horizon=10), expected)
