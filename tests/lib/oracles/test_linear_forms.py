"""Recurrent, parallel and chunked forms compute the same; states go on; inputs are checked."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib.linear import (
    attention_free,
    cosformer,
    delta,
    gated_delta,
    gated_linear,
    kimi_delta,
    linear_attention,
    performer,
    retention,
    rwkv,
    state_space,
)
from attnlib.linear._chunks import decayed_scores, pairwise_scores
from attnlib.linear._effective_weights import effective_weights
from attnlib.linear.performer import random_directions
from attnlib.masks import Causal, Padding

B, H, D = 2, 2, 4
EXACT = {"rtol": 1e-9, "atol": 1e-10}
MECHANISMS = [
    linear_attention,
    retention,
    gated_linear,
    state_space,
    delta,
    gated_delta,
    kimi_delta,
    rwkv,
    cosformer,
    performer,
    attention_free,
]
every = pytest.mark.parametrize(
    "mechanism", MECHANISMS, ids=lambda m: m.__name__.rpartition(".")[2]
)


def inputs(mechanism, length, seed=0, dtype=torch.float64):
    """Query, key, value and what else there is for each token; and what there is once."""
    source = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64).to(dtype)

    query, key, value = (random(B, H, length, D) for _ in range(3))
    key = F.normalize(key, dim=-1)
    write, per_head = random(B, H, length).sigmoid(), torch.tensor([0.5, 1.0], dtype=dtype)
    gate, gates = F.logsigmoid(random(B, H, length)), F.logsigmoid(random(B, H, length, D))
    per_channel = per_head[:, None].expand(H, D)
    by_token, once = {
        linear_attention: ({}, {}),
        retention: ({}, {"decay": per_head}),
        gated_linear: ({"log_decay": gates}, {}),
        state_space: ({"step": write}, {"rate": per_head}),
        delta: ({"write": write}, {}),
        gated_delta: ({"log_decay": gate, "write": write}, {}),
        kimi_delta: ({"log_decay": gates, "write": write}, {}),
        rwkv: ({}, {"rate": per_channel, "bonus": per_channel}),
        cosformer: ({}, {"horizon": 64}),
        performer: ({}, {"directions": random_directions(5, D, source).to(dtype)}),
        attention_free: ({}, {}),
    }[mechanism]
    return {"query": query, "key": key, "value": value, **by_token}, once


def cut(tokens, piece):
    return {name: states[:, :, piece] for name, states in tokens.items()}


def qkv(tokens):
    return tokens["query"], tokens["key"], tokens["value"]


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def assert_same(result, expected, **tolerance):
    output, state = result
    torch.testing.assert_close(output, expected[0], **tolerance)
    torch.testing.assert_close(parts(state), parts(expected[1]), **tolerance)


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


MATRIX = [m for m in MECHANISMS if m not in (rwkv, attention_free)]


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


@every
@pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda q, k, v: (q[0], k, v), ValueError, "query must have the axes"),
        (lambda q, k, v: (q.int(), k, v), TypeError, "query must be floating point"),
        (lambda q, k, v: (q, k.float(), v), TypeError, "key is torch.float32, but query is"),
        (lambda q, k, v: (q, k, v[:1]), ValueError, "value has batch size 1, but query has 2"),
        (lambda q, k, v: (q, k[:, :, 1:], v[:, :, 1:]), ValueError, "key has length 4, but query"),
        (
            lambda q, k, v: (q, torch.cat((k, k[:, :1]), dim=1), v),
            ValueError,
            "key has 3 heads, not a multiple of query's 2",
        ),
        (lambda q, k, v: (q, k[..., 1:], v[..., 1:]), ValueError, "key has size 3, but query has"),
        (lambda q, k, v: (q[:, :, :0], k[:, :, :0], v[:, :, :0]), ValueError, "at least one token"),
    ],
)
def test_unfit_tokens_are_named(mechanism, form, change, error, message):
    tokens, once = inputs(mechanism, 5)
    changed = dict(zip(("query", "key", "value"), change(*qkv(tokens)), strict=True))
    with pytest.raises(error, match=message):
        getattr(mechanism, form)(**{**tokens, **changed}, **once)


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


def test_a_mask_that_tells_queries_apart_is_refused():
    states = torch.ones(1, 2, 3, 4)
    with pytest.raises(TypeError, match=r"mask must be a Padding, .* got Causal"):
        linear_attention.full(states, states, states, mask=Causal())
    with pytest.raises(TypeError, match=r"mask must be a Padding, .* got \(3, 3\)"):
        linear_attention.full(states, states, states, mask=torch.ones(3, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="mask is for 2 sequences, but query has 1"):
        linear_attention.full(states, states, states, mask=Padding(torch.tensor([1, 2])))


def test_full_forms_name_what_does_not_fit():
    states = torch.ones(1, 2, 3, 4)
    with pytest.raises(ValueError, match="key has size 3, but query has 4"):
        linear_attention.full(states, states[..., 1:], states)
    with pytest.raises(ValueError, match="query has 2 heads, not a multiple of value's 0"):
        linear_attention.full(states, states, states[:, :0])
    with pytest.raises(ValueError, match="horizon is 2, but the sequence reaches 3 tokens"):
        cosformer.full(states, states, states, horizon=2)
    with pytest.raises(ValueError, match="value has size 3, but query has 4"):
        attention_free.full(states, states, states[..., 1:], bias=torch.zeros(1, 1, 3, 3))
    with pytest.raises(ValueError, match="bias has length 2, but key has 3"):
        attention_free.full(states, states, states, bias=torch.zeros(1, 1, 3, 2))
    with pytest.raises(ValueError, match="width must be at least 0"):
        attention_free.local_bias(torch.zeros(3, 3), -1)


GATED = [m for m in MECHANISMS if inputs(m, 1)[0].keys() - {"query", "key", "value"}]
gated = pytest.mark.parametrize("mechanism", GATED, ids=lambda m: m.__name__.rpartition(".")[2])
forms = pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])


def gates_of(tokens):
    return tokens.keys() - {"query", "key", "value"}


@gated
@forms
def test_unfit_gates_are_named(mechanism, form):
    tokens, once = inputs(mechanism, 5)
    for name in gates_of(tokens):
        gate = tokens[name]
        unfit = [
            (gate[1:], ValueError, r"must have the shape \(2, H, 5\), one per head"),
            (gate[:, :, 1:], ValueError, "must have the shape"),
            (gate.int(), TypeError, "must be floating point"),
            (gate.float(), TypeError, "is torch.float32, but query is torch.float64"),
            (None, TypeError, "must be a tensor, got NoneType"),
            (gate.to("meta"), ValueError, "is on meta, but query is on cpu"),
        ]
        for wrong, error, message in unfit:
            with pytest.raises(error, match=f"^{name} {message}"):
                getattr(mechanism, form)(**{**tokens, name: wrong}, **once)


@forms
@pytest.mark.parametrize("mechanism", [gated_linear, kimi_delta], ids=["gated", "kimi_delta"])
def test_a_gate_of_a_wrong_size_is_told_both_shapes(mechanism, form):
    tokens, _ = inputs(mechanism, 5)
    tokens["log_decay"] = tokens["log_decay"][..., :3]
    both = r"\(2, H, 5\), one per head, or \(2, H, 5, 4\), one per channel; got \(2, 2, 5, 3\)"
    with pytest.raises(ValueError, match=f"^log_decay must have the shape {both}"):
        getattr(mechanism, form)(**tokens)


@gated
@forms
def test_one_gate_per_head_has_three_axes_or_a_last_one_of_1(mechanism, form):
    tokens, once = inputs(mechanism, 7)
    per_head = {name: tokens[name][..., 0] for name in gates_of(tokens) if tokens[name].dim() == 4}
    tokens = {**tokens, **per_head}
    expected = getattr(mechanism, form)(**tokens, **once)
    wide = {name: tokens[name].unsqueeze(-1) for name in gates_of(tokens)}
    assert_same(getattr(mechanism, form)(**{**tokens, **wide}, **once), expected, **EXACT)


OUTSIDE = [
    (retention, "decay", -0.5, "above 0 and at most 1, got -0.5"),
    (retention, "decay", 0.0, "above 0 and at most 1, got 0"),
    (retention, "decay", 1.5, "above 0 and at most 1, got 1.5"),
    (gated_linear, "log_decay", 0.25, "at most 0, got 0.25"),
    (gated_delta, "log_decay", 0.25, "at most 0, got 0.25"),
    (kimi_delta, "log_decay", torch.inf, "at most 0, got inf"),
    (state_space, "rate", -0.5, "at least 0, got -0.5"),
    (state_space, "step", -0.5, "at least 0, got -0.5"),
    (rwkv, "rate", -0.5, "at least 0, got -0.5"),
    (delta, "write", 2.5, "from 0 to 2, got 2.5"),
    (gated_delta, "write", -0.5, "from 0 to 2, got -0.5"),
    (kimi_delta, "write", 2.5, "from 0 to 2, got 2.5"),
]


@forms
@pytest.mark.parametrize(("mechanism", "name", "number", "message"), OUTSIDE)
def test_a_gate_outside_of_its_range_is_refused(mechanism, name, number, message, form):
    tokens, once = inputs(mechanism, 5)
    arguments = {**tokens, **once}
    arguments[name] = arguments[name].contiguous().clone()
    arguments[name].view(-1)[-1] = number
    with pytest.raises(ValueError, match=f"^{name} must be {message}"):
        getattr(mechanism, form)(**arguments)


@gated
def test_the_edges_of_a_range_are_inside(mechanism):
    edges = {"log_decay": (0.0, -torch.inf), "write": (0.0, 2.0), "step": (0.0, 9.0)}
    tokens, once = inputs(mechanism, 5)
    for name in gates_of(tokens):
        for number in edges[name]:
            edge = {name: torch.full_like(tokens[name], number)}
            expected = mechanism.recurrent(**{**tokens, **edge}, **once)
            for form in (mechanism.parallel, mechanism.chunked):
                assert_same(form(**{**tokens, **edge}, **once), expected, **EXACT)


@forms
def test_under_vmap_no_value_is_looked_at(form):
    tokens, _ = inputs(kimi_delta, 5)
    batch = {name: torch.stack((states, states.flip(2))) for name, states in tokens.items()}
    output, _ = torch.func.vmap(lambda x: getattr(kimi_delta, form)(**x))(batch)
    for place, ours in enumerate(output):
        alone = {name: states[place] for name, states in batch.items()}
        torch.testing.assert_close(ours, getattr(kimi_delta, form)(**alone)[0], **EXACT)


@every
@forms
@pytest.mark.parametrize("shared", [("query",), ("key", "value"), ("query", "key"), ("value",)])
def test_shared_heads_are_heads_repeated(mechanism, form, shared):
    """Query head h has key head h // group: keys shared by queries, or queries by values."""
    tokens, once = inputs(mechanism, 6)
    fewer = {name: tokens[name][:, :1] for name in shared}
    repeated = {name: states.expand(-1, H, -1, -1) for name, states in fewer.items()}
    expected = getattr(mechanism, form)(**{**tokens, **repeated}, **once)
    assert_same(getattr(mechanism, form)(**{**tokens, **fewer}, **once), expected, **EXACT)


@gated
@forms
def test_heads_share_a_gate(mechanism, form):
    tokens, once = inputs(mechanism, 6)
    for name in gates_of(tokens):
        one = {name: tokens[name][:, :1]}
        both = {name: torch.cat((tokens[name][:, :1],) * H, dim=1)}
        expected = getattr(mechanism, form)(**{**tokens, **both}, **once)
        assert_same(getattr(mechanism, form)(**{**tokens, **one}, **once), expected, **EXACT)


def test_the_heads_of_a_group_are_neighbors():
    query, key, value = (torch.randn(1, heads, 5, D) for heads in (4, 2, 1))
    output, _ = linear_attention.chunked(query, key, value)
    for head in range(4):
        alone = query[:, [head]], key[:, [head // 2]], value
        torch.testing.assert_close(output[:, [head]], linear_attention.chunked(*alone)[0])


@every
@forms
def test_an_unfit_state_is_named(mechanism, form):
    tokens, once = inputs(mechanism, 5)
    _, state = mechanism.recurrent(**tokens, **once)

    def changed(change):
        return (
            type(state)(change(state[0]), *state[1:]) if isinstance(state, tuple) else change(state)
        )

    unfit = [
        (lambda x: x[:1], ValueError, "must have the shape|has batch size 1"),
        (lambda x: x[:, :1], ValueError, "must have the shape"),
        (lambda x: x.float(), TypeError, "is torch.float32, but query is torch.float64"),
        (lambda x: x.to("meta"), ValueError, "is on meta, but query is on cpu"),
    ]
    for change, error, message in unfit:
        with pytest.raises(error, match=rf"^state(\.\w+)? ({message})"):
            getattr(mechanism, form)(**tokens, **once, state=changed(change))


@every
@forms
def test_a_state_of_16_bits_is_refused(mechanism, form):
    tokens, once = inputs(mechanism, 5, dtype=torch.bfloat16)
    _, state = mechanism.recurrent(**tokens, **once)
    short = [x.bfloat16() if isinstance(x, torch.Tensor) else x for x in parts(state)]
    short = type(state)(*short) if isinstance(state, tuple) else short[0]
    with pytest.raises(TypeError, match=r"^state(\.\w+)? must be torch.float32, as a state is"):
        getattr(mechanism, form)(**tokens, **once, state=short)


@every
@pytest.mark.parametrize("chunk", [0, -4, 6, 2.0])
def test_an_unfit_chunk_is_named(mechanism, chunk):
    tokens, once = inputs(mechanism, 5)
    with pytest.raises((TypeError, ValueError), match=r"^chunk must be"):
        mechanism.chunked(**tokens, **once, chunk=chunk)


def test_a_sequence_beyond_the_horizon_is_refused():
    tokens, _ = inputs(cosformer, 5)
    _, state = cosformer.recurrent(**tokens, horizon=8)
    with pytest.raises(ValueError, match="horizon is 8, but the sequence reaches 10 tokens"):
        cosformer.recurrent(**tokens, horizon=8, state=state)


@every
def test_the_chunked_form_compiles_in_one_graph(mechanism):
    torch.compiler.reset()  # all forms share the frame of @checked, and its few recompilations
    tokens, once = inputs(mechanism, 20)
    compiled = torch.compile(mechanism.chunked, fullgraph=True, backend="eager", dynamic=False)
    expected = mechanism.chunked(**tokens, **once, chunk=8)
    assert_same(compiled(**tokens, **once, chunk=8), expected, **EXACT)
