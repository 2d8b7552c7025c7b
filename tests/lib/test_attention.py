"""What attention() promises, whichever implementation computes it."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from oracles.agreement import (
    CASES,
    DEVICES,
    EXACT,
    IMPLS,
    assert_agree,
    normal,
    queries_keys_values,
)
from torch.autograd import gradcheck, gradgradcheck

from attnlib import Attended, attention, explain, masks, normalizers, scores
from attnlib.kernels import KERNELS

every_impl = pytest.mark.parametrize("impl", IMPLS)
every_dropping_impl = pytest.mark.parametrize("impl", ["reference", "sdpa"])
every_device = pytest.mark.parametrize("device", DEVICES)


# The equation, in digits


@every_impl
def test_two_keys_and_their_weighted_sum_by_hand(impl):
    """Scores ln 3 and 0 become weights ¾ and ¼, so the output is ¾ · 8 + ¼ · 4 = 7."""
    query = torch.tensor([[[[1.0]]]], dtype=torch.float64)
    key = torch.tensor([[[[3.0], [1.0]]]], dtype=torch.float64).log()
    value = torch.tensor([[[[8.0], [4.0]]]], dtype=torch.float64)
    seen = attention(query, key, value, impl=impl)
    torch.testing.assert_close(seen.weights, torch.tensor([[[[0.75, 0.25]]]]).double(), **EXACT)
    assert seen.output.item() == pytest.approx(7)


@every_impl
def test_the_scale_is_one_over_the_root_of_the_head_size(impl):
    """q·k = 4 at D = 4 is a score of 2."""
    ones = torch.ones(1, 1, 1, 4, dtype=torch.float64)
    seen = attention(ones, torch.cat((ones, 0 * ones), dim=2), ones.expand(1, 1, 2, 4), impl=impl)
    assert seen.scores.flatten().tolist() == [2, 0]


@every_impl
def test_query_head_h_uses_key_head_h_over_the_group(impl):
    """Four query heads, two key heads whose values are 10 and 20: heads 0, 1 → 10 and 2, 3 → 20."""
    query = torch.zeros(1, 4, 1, 2, dtype=torch.float64)
    key = torch.zeros(1, 2, 3, 2, dtype=torch.float64)
    value = torch.tensor([10.0, 20.0], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, 3, 1)
    assert attention(query, key, value, impl=impl).output.flatten().tolist() == [10, 10, 20, 20]


def test_weights_of_query_head_h_come_from_key_head_h_over_the_group():
    query = torch.ones(1, 4, 1, 1, dtype=torch.float64)
    key = torch.tensor([[[[1.0], [0.0]], [[0.0], [1.0]]]], dtype=torch.float64)  # two key heads
    favourite = attention(query, key, key).weights.argmax(dim=-1)
    assert favourite.flatten().tolist() == [0, 0, 1, 1]


# Implementations agree


def some_mask(draw, query, key):
    """A random mask for these queries and keys, of one rule or of two."""
    batch, heads, query_length, _ = query.shape
    key_length = key.shape[2]
    seed = draw(st.integers(0, 1000))
    source = torch.Generator().manual_seed(seed)
    rules = [
        masks.Causal(),
        masks.Window(draw(st.integers(1, 4))),
        masks.Prefix(draw(st.integers(0, 4))),
        masks.Padding(
            torch.randint(0, key_length + 1, (batch,), generator=source),
            side="left" if 1 < query_length < key_length else "right",
        ),
        masks.Dense(torch.rand(batch, heads, query_length, key_length, generator=source) < 0.5),
        masks.Dense(torch.rand(1, key_length, generator=source) < 0.5),
    ]
    if query_length <= key_length:
        rules.append(masks.Document(torch.randint(0, 2, (batch, key_length), generator=source)))
    one, other = draw(st.sampled_from(rules)), draw(st.sampled_from(rules))
    return draw(st.sampled_from([one, one & other, one | other, ~one]))


@st.composite
def masked_cases(draw):
    """Query, key and value with a mask, and sometimes a bias."""
    query, key, value = draw(queries_keys_values())
    lengths = query.shape[2], key.shape[2]
    bias = normal(1, query.shape[1], *lengths, seed=5) if draw(st.booleans()) else None
    return (query, key, value), some_mask(draw, query, key), bias


@CASES
@given(case=masked_cases())
def test_sdpa_equals_the_reference_under_every_mask(case):
    inputs, mask, bias = case
    reference = attention(*inputs, mask=mask, bias=bias, impl="reference").output
    fused = attention(*inputs, mask=mask, bias=bias, impl="sdpa").output
    assert_agree(fused, reference, inputs if bias is None else (*inputs, bias))


@every_device
@every_impl
@CASES
@given(case=masked_cases())
def test_the_weights_give_the_output_of_every_implementation(device, impl, case):
    inputs, mask, bias = case
    query, key, value = (states.to(device) for states in inputs)
    bias = None if bias is None else bias.to(device)
    seen = attention(query, key, value, mask=mask, bias=bias, impl=impl)
    repeated = value.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    torch.testing.assert_close(seen.weights @ repeated, seen.output, **EXACT)


@every_impl
def test_strided_inputs_give_the_same(impl):
    query, key, value = (normal(2, 3, 5, 4, seed=seed) for seed in range(3))
    strided = [states.mT.contiguous().mT for states in (query, key, value)]
    assert strided[0].stride(-1) != 1
    ours = attention(*strided, impl=impl).output
    assert_agree(ours, attention(query, key, value, impl=impl).output, (query, key, value))


# Rows with nothing to attend to, and what lies in padding

EMPTY_ROW = torch.tensor([[True, True, False], [False, False, False], [True, False, False]])


@pytest.mark.parametrize("score", [scores.scaled_dot, scores.GaussianKernel()])
@pytest.mark.parametrize("normalize", [normalizers.softmax, normalizers.hard])
def test_a_query_with_nothing_to_see_has_weights_and_output_0(score, normalize):
    inputs = [normal(2, 2, 3, 4, seed=seed) for seed in range(3)]
    seen = attention(*inputs, mask=EMPTY_ROW, score=score, normalize=normalize)
    assert not seen.weights[:, :, 1].any()
    assert not seen.output[:, :, 1].any()
    assert (seen.logsumexp[:, :, 1] == -torch.inf).all()


@every_impl
@pytest.mark.parametrize("biased", [False, True])
def test_a_query_with_nothing_to_see_keeps_gradients_finite(impl, biased):
    inputs = [normal(2, 2, 3, 4, seed=seed) for seed in range(3)]
    bias = normal(1, 1, 3, 3, seed=3) if biased else None
    seen = attention(*inputs, mask=EMPTY_ROW, bias=bias, impl=impl)
    assert not seen.output[:, :, 1].any()
    for reached in torch.autograd.grad(seen.output.sum(), inputs):
        assert reached.isfinite().all()
    for reached in torch.autograd.grad(seen.weights.square().sum(), inputs[:2]):
        assert reached.isfinite().all()


@every_impl
def test_a_bias_of_minus_infinity_hides_a_key_as_the_mask_does(impl):
    inputs = [normal(2, 2, 3, 4, seed=seed) for seed in range(3)]
    bias = torch.zeros(1, 1, 3, 3, dtype=torch.float64).masked_fill(~EMPTY_ROW, -torch.inf)
    hidden = attention(*inputs, bias=bias, impl=impl)
    masked = attention(*inputs, mask=EMPTY_ROW, impl=impl)
    assert_agree(hidden.output, masked.output, inputs)
    torch.testing.assert_close(hidden.weights, masked.weights, **EXACT)
    torch.testing.assert_close(hidden.logsumexp, masked.logsumexp, **EXACT)


def spoiled(states, rubbish):
    """The same states with rubbish in the last two places of the second sequence."""
    states = states.detach().clone()
    states[1, :, 3:] = rubbish
    return states.requires_grad_()


@every_impl
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("key_heads", [1, 2])
def test_rubbish_in_padding_changes_neither_output_nor_gradients(impl, rubbish, key_heads):
    padding = masks.Padding(torch.tensor([5, 3]))
    query = normal(2, 2, 4, 3)
    clean = [normal(2, key_heads, 5, 3, seed=seed) for seed in (1, 2)]
    dirty = [spoiled(states, rubbish) for states in clean]
    expected = attention(query, *clean, mask=padding, impl=impl)
    seen = attention(query, *dirty, mask=padding, impl=impl)
    for ours, theirs in (
        (seen.output, expected.output),
        (seen.weights, expected.weights),
        (seen.logsumexp, expected.logsumexp),
    ):
        torch.testing.assert_close(ours, theirs, **EXACT)
        reached = torch.autograd.grad(ours.sum(), (query, *dirty), allow_unused=True)
        wanted = torch.autograd.grad(theirs.sum(), (query, *clean), allow_unused=True)
        torch.testing.assert_close(reached, wanted, **EXACT)


@every_impl
def test_rubbish_in_a_query_with_nothing_to_see_reaches_no_gradient(impl):
    query, key, value = (normal(1, 1, 3, 4, seed=seed) for seed in range(3))
    query = query.detach().index_fill(2, torch.tensor([1]), torch.nan).requires_grad_()
    output = attention(query, key, value, mask=EMPTY_ROW, impl=impl).output
    assert not output[:, :, 1].any()
    for reached in torch.autograd.grad(output.sum(), (query, key, value)):
        assert reached.isfinite().all()


# Sizes at the edge


@every_impl
@pytest.mark.parametrize("mask", [None, masks.Causal(), masks.Prefix(2)])
def test_no_keys_give_output_0(impl, mask):
    query, key, value = normal(2, 4, 3, 5), normal(2, 2, 0, 5), normal(2, 2, 0, 6)
    output = attention(query, key, value, mask=mask, impl=impl).output
    assert output.shape == (2, 4, 3, 6)
    assert not output.any()


@every_impl
@pytest.mark.parametrize("mask", [None, masks.Causal(), masks.Document(torch.tensor([0, 0, 1]))])
@pytest.mark.parametrize(("batch", "query_length"), [(2, 0), (0, 3), (0, 0)])
def test_no_queries_or_no_sequences_give_an_empty_output(impl, mask, batch, query_length):
    query, key = normal(batch, 4, query_length, 5), normal(batch, 2, 3, 5)
    seen = attention(query, key, key, mask=mask, impl=impl)
    assert seen.output.shape == (batch, 4, query_length, 5)
    assert seen.weights.shape == (batch, 4, query_length, 3)


@every_impl
def test_one_key_takes_all_the_weight(impl):
    query, key, value = normal(2, 3, 1, 4), normal(2, 3, 1, 4, seed=1), normal(2, 3, 1, 6, seed=2)
    seen = attention(query, key, value, mask=masks.Causal(), impl=impl)
    assert (seen.weights == 1).all()
    torch.testing.assert_close(seen.output, value, **EXACT)


# Types


@every_device
@every_impl
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("mask", [None, masks.Causal() & masks.Window(9)])
def test_16_bits_err_at_most_twice_as_much_as_the_naive_computation(device, impl, dtype, mask):
    query, key, value = (normal(2, 4, 32, 16, seed=s).to(device, dtype).detach() for s in range(3))
    exact = attention(query.float(), key.float(), value.float(), mask=mask, impl="reference").output

    naive = query @ key.mT / 4
    if mask is not None:
        naive = naive.masked_fill(~mask.dense(32, device=device), -torch.inf)
    naive = naive.softmax(dim=-1) @ value
    ours = attention(query, key, value, mask=mask, impl=impl).output
    assert ours.dtype == dtype
    assert (ours - exact).abs().max() <= 2 * (naive - exact).abs().max()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_of_16_bit_inputs_are_float32(dtype):
    inputs = [normal(1, 2, 3, 4, seed=seed).to(dtype) for seed in range(3)]
    assert attention(*inputs).weights.dtype == torch.float32


# Seeing the weights changes nothing


@every_impl
def test_rows_are_a_slice_of_the_weights(impl):
    query, key = normal(2, 2, 6, 4), normal(2, 2, 6, 4, seed=1)
    some = masks.Dense(torch.ones(6, 6, dtype=torch.bool).triu(-2))
    mask = some & masks.Causal() & masks.Padding(torch.tensor([6, 4]))
    for bias in (None, normal(1, 2, 6, 6, seed=2), normal(1, 1, 1, 6, seed=3)):
        seen = attention(query, key, key, mask=mask, bias=bias, impl=impl)
        for rows in (slice(-1, None), slice(2, 4), slice(None, None, 2), slice(0, 0)):
            torch.testing.assert_close(seen.rows(rows), seen.weights[:, :, rows], **EXACT)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("mask", [None, masks.Causal(), masks.Padding(torch.tensor([0, 5]))])
def test_weights_that_nothing_learns_from_are_the_same_bits(mask, biased):
    """They are written over their scores, which a later reader still finds whole."""
    query, key, value = (normal(2, 3, 9, 8, seed=seed).detach() for seed in range(3))
    bias = normal(1, 3, 9, 9).detach() if biased else None
    seen = attention(query, key, value, mask=mask, bias=bias)
    first, scores, again = seen.weights, seen.scores, seen.rows(slice(None))
    learned = attention(query.clone().requires_grad_(), key, value, mask=mask, bias=bias)
    assert torch.equal(first, learned.weights)
    assert torch.equal(again, first)
    assert torch.equal(scores, learned.scores)


@every_impl
def test_reading_weights_and_scores_leaves_the_output_bit_identical(impl):
    inputs = [normal(2, 2, 6, 4, seed=seed) for seed in range(3)]
    seen = attention(*inputs, mask=masks.Causal(), impl=impl)
    before = seen.output.clone()
    assert seen.weights.shape == seen.scores.shape
    assert torch.equal(seen.output, before)
    assert torch.equal(attention(*inputs, mask=masks.Causal(), impl=impl).output, before)


NEWEST = [masks.Causal(), masks.Causal() & masks.Window(3), masks.Window(9) & masks.Causal()]


@pytest.mark.parametrize("mask", NEWEST, ids=repr)
def test_the_newest_token_reads_the_cache_where_it_lies(monkeypatch, mask):
    query, key = normal(1, 4, 1, 4), normal(1, 2, 5, 4, seed=1)
    expected = attention(query, key, key, mask=mask, impl="reference").output
    fused, given = F.scaled_dot_product_attention, []

    def note(query, key, value, **options):
        given.extend((key, value))
        return fused(query, key, value, **options)

    monkeypatch.setattr(F, "scaled_dot_product_attention", note)
    output = attention(query, key, key, mask=mask, impl="sdpa").output
    torch.testing.assert_close(output, expected, **EXACT)
    memory = key.untyped_storage().data_ptr()
    assert [states.untyped_storage().data_ptr() for states in given] == [memory, memory]


@every_impl
@pytest.mark.parametrize("mask", NEWEST, ids=repr)
@pytest.mark.parametrize("columns", [1, 5])
def test_the_newest_token_may_have_a_bias(impl, mask, columns):
    query, key, bias = normal(1, 4, 1, 4), normal(1, 2, 5, 4, seed=1), normal(1, 4, 1, columns)
    expected = attention(query, key, key, mask=mask, bias=bias, impl="reference").output
    output = attention(query, key, key, mask=mask, bias=bias, impl=impl).output
    torch.testing.assert_close(output, expected, **EXACT)


def test_the_reference_keeps_its_weights_where_nothing_learns(monkeypatch):
    states = [normal(1, 1, 3, 4, seed=seed).detach() for seed in range(3)]
    options = {"mask": masks.Causal(), "impl": "reference"}
    expected = attention(*states, mask=masks.Causal()).weights
    monkeypatch.setattr(Attended, "rows", lambda self, rows: "computed again")
    seen = attention(*states, **options, dropout_p=0.9)
    torch.testing.assert_close(seen.weights, expected, **EXACT)  # those before dropout
    states[0].requires_grad_()
    assert attention(*states, **options).weights == "computed again"
    with torch.no_grad():  # gradients may still be asked of the same Attended
        assert attention(*states, **options).weights == "computed again"


def test_weights_are_not_computed_until_read(monkeypatch):
    seen = attention(*[normal(1, 1, 3, 4, seed=seed) for seed in range(3)])
    assert "weights" not in vars(seen)
    monkeypatch.setattr(Attended, "rows", lambda self, rows: "computed now")
    assert seen.weights == "computed now"
    monkeypatch.undo()
    assert seen.weights == "computed now"  # and only once


def test_scores_show_also_what_the_mask_hides():
    query, key = normal(1, 1, 3, 4), normal(1, 1, 3, 4, seed=1)
    seen = attention(query, key, key, mask=masks.Causal())
    torch.testing.assert_close(seen.scores, query @ key.mT / 2, **EXACT)


def test_logsumexp_turns_scores_into_log_weights():
    query, key = normal(1, 2, 5, 4), normal(1, 2, 5, 4, seed=1)
    seen = attention(query, key, key)
    log_weights = seen.scores - seen.logsumexp.unsqueeze(-1)
    torch.testing.assert_close(log_weights.exp(), seen.weights, **EXACT)


# Dropout


@every_dropping_impl
def test_dropout_keeps_the_mean_and_drops_the_share_asked_for(impl):
    """With identity values the output is the dropped-out weights themselves."""
    zeros = torch.zeros(1, 1, 200, 200, dtype=torch.float64)
    output = attention(zeros, zeros, torch.eye(200).double()[None, None], dropout_p=0.25, impl=impl)
    kept = output.output * 200  # each weight is 1/200 before
    assert (kept == 0).double().mean().item() == pytest.approx(0.25, abs=0.02)
    torch.testing.assert_close(kept[kept != 0], torch.full_like(kept[kept != 0], 4 / 3))


@every_dropping_impl
def test_the_weights_shown_are_those_before_dropout(impl):
    inputs = [normal(1, 2, 5, 4, seed=seed) for seed in range(3)]
    dropped = attention(*inputs, dropout_p=0.5, impl=impl).weights
    assert torch.equal(dropped, attention(*inputs, impl=impl).weights)


# Derivatives

SCORES = {
    "scaled dot": scores.scaled_dot,
    "dot": scores.dot,
    "general": scores.General(2, 2).double(),
    "additive": scores.Additive(2, 2, hidden_size=3).double(),
    "gaussian kernel": scores.GaussianKernel(1.3),
}


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_derivatives_of_the_reference_agree_with_finite_differences(check, score):
    def masked(query, key, value):
        mask = masks.Causal() & ~masks.Prefix(1)  # the first query sees nothing
        return attention(query, key, value, mask=mask, score=score, impl="reference").output

    inputs = normal(1, 2, 3, 2), normal(1, 1, 3, 2, seed=1), normal(1, 1, 3, 1, seed=2)
    assert check(masked, inputs)


def test_derivatives_in_the_bias_agree_with_finite_differences():
    query, key = normal(1, 1, 3, 2).detach(), normal(1, 1, 3, 2, seed=1).detach()
    bias = normal(1, 1, 3, 3, seed=2)
    assert gradcheck(lambda b: attention(query, key, key, bias=b, mask=EMPTY_ROW).output, bias)


# What attention is, whatever the numbers


@every_impl
@CASES
@given(inputs=queries_keys_values(), constant=st.floats(-50, 50))
def test_a_constant_added_to_the_scores_changes_nothing(impl, inputs, constant):
    bias = torch.full((1, 1, 1, 1), constant, dtype=torch.float64)
    shifted = attention(*inputs, bias=bias, impl=impl).output
    assert_agree(shifted, attention(*inputs, impl=impl).output, inputs)


@every_impl
@pytest.mark.parametrize("query_length", [6, 2])
def test_the_future_cannot_change_the_past(impl, query_length):
    query, key, value = normal(1, 2, query_length, 4), normal(1, 2, 6, 4), normal(1, 2, 6, 4)
    other_key, other_value = normal(1, 2, 6, 4, seed=8), normal(1, 2, 6, 4, seed=9)
    whole = attention(query, key, value, mask=masks.Causal(), impl=impl).output
    for i in range(query_length):
        past = i + 6 - query_length + 1  # keys that query i may see
        mixed_key = torch.cat((key[:, :, :past], other_key[:, :, past:]), dim=2)
        mixed_value = torch.cat((value[:, :, :past], other_value[:, :, past:]), dim=2)
        mixed = attention(query, mixed_key, mixed_value, mask=masks.Causal(), impl=impl).output
        assert torch.equal(mixed[:, :, : i + 1], whole[:, :, : i + 1])


@every_impl
def test_decoding_one_query_at_a_time_equals_all_at_once(impl):
    query, key, value = (normal(2, 2, 6, 4, seed=seed) for seed in range(3))
    at_once = attention(query, key, value, mask=masks.Causal(), impl=impl).output
    steps = [
        attention(
            query[:, :, t : t + 1],
            key[:, :, : t + 1],
            value[:, :, : t + 1],
            mask=masks.Causal(),
            impl=impl,
        ).output
        for t in range(6)
    ]
    torch.testing.assert_close(torch.cat(steps, dim=2), at_once, **EXACT)


# Which implementation


@pytest.mark.parametrize(
    ("choices", "taken"),
    [
        ({}, "sdpa"),
        ({"score": scores.dot, "mask": masks.Causal()}, "sdpa"),
        ({"score": scores.GaussianKernel()}, "reference"),
        ({"normalize": normalizers.hard}, "reference"),
        ({"dropout_p": 0.1}, "reference"),
        ({"impl": "reference"}, "reference"),
        ({"impl": "sdpa", "dropout_p": 0.1}, "sdpa"),
    ],
)
def test_explain_names_the_implementation_that_attention_takes(monkeypatch, choices, taken):
    used = ["reference"]
    kernel = KERNELS["sdpa"]
    monkeypatch.setitem(KERNELS, "sdpa", lambda *a, **k: used.append("sdpa") or kernel(*a, **k))
    inputs = [normal(1, 2, 3, 4, seed=seed) for seed in range(3)]
    attention(*inputs, **choices)
    assert used[-1] == taken
    assert explain(*inputs, **choices).startswith(f"{taken}: ")
