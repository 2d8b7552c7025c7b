"""Recurrent, parallel and chunked forms compute the same; states go on; any decay is stable."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib.linear import (
    attention_free,
    cosformer,
    gated_linear,
    kimi_delta,
    linear_attention,
    mamba,
    performer,
    rwkv,
)
from attnlib.linear._chunks import decayed_scores, pairwise_scores
from attnlib.linear._effective_weights import effective_weights
from attnlib.linear.performer import random_directions
from attnlib.masks import Causal, Padding
from oracles.recurrences import (
    EXACT,
    MECHANISMS,
    D,
    assert_same,
    cut,
    every,
    inputs,
    parts,
    qkv,
)


@every
@settings(max_examples=12, deadline=None)
@given(
    length=st.integers(1, 40),
    border=st.integers(0, 39),
    chunk=st.sampled_from([1, 2, 8, 16, 64]),
    seed=st.integers(0, 99),
)
def test_every_form_goes_on_from_every_state(mechanism, length, border, chunk, seed):
    tokens, once = inputs(mechanism, length, seed)
    expected = mechanism.recurrent(**tokens, **once)
    forms = [
        mechanism.recurrent,
        mechanism.parallel,
        partial(mechanism.chunked, chunk=chunk),
    ]
    border = border % length
    for form in forms:
        state, outputs = None, []
        for piece in (slice(0, border), slice(border, None)) if border else (slice(None),):
            output, state = form(**cut(tokens, piece), **once, state=state)
            outputs.append(output)
        assert_same((torch.cat(outputs, dim=2), state), expected, **EXACT)


@every
def test_decoding_token_by_token_continues_a_chunked_prefill(mechanism):
    tokens, once = inputs(mechanism, 21)
    expected, last = mechanism.parallel(**tokens, **once)
    output, state = mechanism.chunked(**cut(tokens, slice(13)), **once, chunk=8)
    outputs = [output]
    for t in range(13, 21):
        token = cut(tokens, slice(t, t + 1))
        output, state = mechanism.recurrent(**token, **once, state=state)
        outputs.append(output)
    assert_same((torch.cat(outputs, dim=2), state), (expected, last), **EXACT)


@every
def test_the_state_does_not_grow(mechanism):
    short, once = inputs(mechanism, 3)
    long, _ = inputs(mechanism, 50)
    _, small = mechanism.chunked(**short, **once)
    _, large = mechanism.chunked(**long, **once)
    for a, b in zip(parts(small), parts(large), strict=True):
        assert isinstance(a, int) or a.shape == b.shape


@every
def test_gradients_of_all_forms_agree(mechanism):
    gradients = []
    for form in (mechanism.recurrent, mechanism.parallel, mechanism.chunked):
        tokens, once = inputs(mechanism, 11)
        leaves = [x.requires_grad_() for x in tokens.values()]
        output, _ = form(**tokens, **once)
        gradients.append(torch.autograd.grad(output.sin().sum(), leaves))
    for others in gradients[1:]:
        torch.testing.assert_close(others, gradients[0], **EXACT)


@every
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_16_bits_keep_a_wide_state(mechanism, dtype):
    tokens, once = inputs(mechanism, 9, dtype=dtype)
    output, state = mechanism.chunked(**tokens, **once)
    assert output.dtype == dtype
    assert all(x.dtype == torch.float32 for x in parts(state) if isinstance(x, torch.Tensor))


STRENGTHS = [1e-6, 1.0, 30.0, 1e4, torch.inf]


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("channels", [1, 3])
def test_float32_chunks_stand_any_decay(strength, channels):
    """Now and then everything is forgotten, in between almost nothing."""
    source = torch.Generator().manual_seed(0)
    query, key = (torch.randn(32, 3, generator=source) for _ in range(2))
    forget = torch.rand(32, channels, generator=source) < 0.2
    log_decay = torch.where(forget, -strength, -1e-3)
    exact = pairwise_scores(query.double(), key.double(), log_decay.double())
    scores = decayed_scores(query, key, log_decay)
    torch.testing.assert_close(scores.double(), exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mechanism", [gated_linear, kimi_delta], ids=["gated", "kimi_delta"])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_float32_outputs_stand_any_decay(mechanism, strength):
    tokens, _ = inputs(mechanism, 70, dtype=torch.float32)
    tokens["log_decay"] = torch.where(tokens["log_decay"] < -1, -strength, -1e-3)
    output, _ = mechanism.chunked(**tokens)
    exact, _ = mechanism.recurrent(**{name: x.double() for name, x in tokens.items()})
    torch.testing.assert_close(output.double(), exact, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mechanism", [gated_linear, kimi_delta], ids=["gated", "kimi_delta"])
def test_a_log_decay_of_minus_infinity_forgets_everything(mechanism):
    tokens, _ = inputs(mechanism, 9)
    tokens["log_decay"] = torch.full_like(tokens["log_decay"], -torch.inf)
    query, key, value = qkv(tokens)
    own = (query * key).sum(-1, keepdim=True) * value
    own = own * tokens["write"].unsqueeze(-1) if "write" in tokens else own
    for form in (mechanism.recurrent, mechanism.parallel, mechanism.chunked):
        torch.testing.assert_close(form(**tokens)[0], own)


def test_a_query_that_fits_no_key_gets_0_and_finite_gradients():
    query, key, value = qkv(inputs(cosformer, 5)[0])
    query = (-query.abs()).requires_grad_()
    for form in (cosformer.recurrent, cosformer.parallel, cosformer.chunked):
        output, _ = form(query, key, value, horizon=8)
        assert (output == 0).all()
        assert torch.autograd.grad(output.sum(), query)[0].isfinite().all()


def test_attention_free_with_no_key_in_sight_gives_0_and_finite_gradients():
    query = torch.ones(1, 1, 3, 2, dtype=torch.float64)
    key = torch.ones(1, 1, 1, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, 1, 1, 1, dtype=torch.float64)
    seen = attention_free.full(query, key, key.detach(), bias=bias, mask=Causal())
    output = seen.output
    expected = torch.tensor([0, 0, 1], dtype=torch.float64).unsqueeze(-1) * query.sigmoid()[0, 0]
    torch.testing.assert_close(output[0, 0], expected)
    with torch.autograd.set_detect_anomaly(True):  # nor a NaN on the way
        assert torch.autograd.grad(output.sum(), key)[0].isfinite().all()


MATRIX = [m for m in MECHANISMS if m not in (rwkv, attention_free, mamba)]


@pytest.mark.parametrize("mechanism", MATRIX, ids=lambda m: m.__name__.rpartition(".")[2])
def test_effective_weights_times_values_are_the_output(mechanism):
    tokens, once = inputs(mechanism, 10)
    value = tokens.pop("value")
    for form in (mechanism.recurrent, mechanism.parallel, mechanism.chunked):
        weights = effective_weights(form, **tokens, **once)
        assert (weights.triu(1) == 0).all()
        expected, _ = form(value=value, **tokens, **once)
        torch.testing.assert_close(weights @ value, expected, **EXACT)


def test_effective_weights_of_a_normalized_form_sum_to_1():
    query, key, _ = qkv(inputs(linear_attention, 10)[0])
    for form in (linear_attention.full, linear_attention.chunked):
        weights = effective_weights(form, query, key)
        torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


@pytest.mark.parametrize(
    "form",
    [rwkv.parallel, attention_free.full, partial(attention_free.chunked, chunk=4)],
    ids=["rwkv", "full", "chunked"],
)
def test_where_each_channel_is_weighed_apart_there_is_no_matrix(form):
    with pytest.raises(TypeError, match="weighs every channel of the value apart"):
        effective_weights(form, torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2))


def test_effective_weights_take_the_callers_word_for_a_form():
    query, key, _ = qkv(inputs(linear_attention, 10)[0])
    weights = effective_weights(F.scaled_dot_product_attention, query[:, :, :3], key)
    expected = (query[:, :, :3] @ key.mT / D**0.5).softmax(dim=-1)
    torch.testing.assert_close(weights, expected)
    with pytest.raises(ValueError, match=r"form must give an output .* \(10, 10\), got \(10, 4\)"):
        effective_weights(lambda query, key, value: query, query, key)


@pytest.mark.parametrize(
    ("mechanism", "more"),
    [
        (linear_attention, {}),
        (cosformer, {"horizon": 8}),
        (performer, {"directions": random_directions(3, D).double()}),
    ],
)
def test_a_padded_sequence_is_as_if_it_ended_there(mechanism, more):
    query, key, value = qkv(inputs(linear_attention, 5)[0])
    short, _ = mechanism.full(query[:1], key[:1, :, :3], value[:1, :, :3], **more)
    whole, _ = mechanism.full(query[1:], key[1:], value[1:], **more)
    padding = Padding(torch.tensor([3, 5]))
    for mask in (padding, padding.dense(1, 5)):
        padded, _ = mechanism.full(query, key, value, **more, mask=mask)
        torch.testing.assert_close(padded, torch.cat((short, whole)), **EXACT)


@pytest.mark.parametrize("mechanism", [linear_attention, cosformer, performer])
def test_the_state_of_a_full_form_is_what_the_causal_forms_go_on_from(mechanism):
    tokens, once = inputs(mechanism, 11)
    _, state = mechanism.full(**cut(tokens, slice(7)), **once)
    expected, last = mechanism.recurrent(**tokens, **once)
    for form in (mechanism.recurrent, mechanism.parallel, mechanism.chunked):
        result = form(**cut(tokens, slice(7, None)), **once, state=state)
        assert_same(result, (expected[:, :, 7:], last), **EXACT)


@every
def test_the_chunked_form_compiles_in_one_graph(mechanism):
    torch.compiler.reset()  # all forms share the frame of @checked, and its few recompilations
    tokens, once = inputs(mechanism, 20)
    compiled = torch.compile(mechanism.chunked, fullgraph=True, backend="eager", dynamic=False)
    expected = mechanism.chunked(**tokens, **once, chunk=8)
    assert_same(compiled(**tokens, **once, chunk=8), expected, **EXACT)
