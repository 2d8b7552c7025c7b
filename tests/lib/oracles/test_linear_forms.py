"""Recurrent, parallel and chunked forms compute the same; states go on; inputs are checked."""

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
]
every = pytest.mark.parametrize(
    "mechanism", MECHANISMS, ids=lambda m: m.__name__.rpartition(".")[2]
)


def inputs(mechanism, length, seed=0, dtype=torch.float64):
    """Query, key, value, and the gates: of each token, and of each head."""
    source = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64).to(dtype)

    query, key, value = (random(B, H, length, D) for _ in range(3))
    key = F.normalize(key, dim=-1)
    write, per_head = random(B, H, length).sigmoid(), torch.tensor([0.5, 1.0], dtype=dtype)
    gate, gates = F.logsigmoid(random(B, H, length)), F.logsigmoid(random(B, H, length, D))
    by_token, by_head = {
        linear_attention: ((), ()),
        retention: ((), (per_head,)),
        gated_linear: ((gates,), ()),
        state_space: ((write,), (-per_head,)),
        delta: ((write,), ()),
        gated_delta: ((gate, write), ()),
        kimi_delta: ((gates, write), ()),
        rwkv: ((), (per_head[:, None].expand(H, D), per_head[:, None].expand(H, D))),
        cosformer: ((), (64,)),
    }[mechanism]
    return (query, key, value, *by_token), by_head


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
    cut=st.integers(0, 39),
    chunk=st.sampled_from([1, 2, 8, 16, 64]),
    seed=st.integers(0, 99),
)
def test_every_form_goes_on_from_every_state(mechanism, length, cut, chunk, seed):
    tokens, heads = inputs(mechanism, length, seed)
    expected = mechanism.recurrent(*tokens, *heads)
    forms = [
        mechanism.recurrent,
        mechanism.parallel,
        lambda *x, state: mechanism.chunked(*x, state=state, chunk=chunk),
    ]
    cut = cut % length
    for form in forms:
        state, outputs = None, []
        for piece in (slice(0, cut), slice(cut, length)) if cut else (slice(0, length),):
            output, state = form(*(x[:, :, piece] for x in tokens), *heads, state=state)
            outputs.append(output)
        assert_same((torch.cat(outputs, dim=2), state), expected, **EXACT)


@every
def test_decoding_token_by_token_continues_a_chunked_prefill(mechanism):
    tokens, heads = inputs(mechanism, 21)
    expected, last = mechanism.parallel(*tokens, *heads)
    output, state = mechanism.chunked(*(x[:, :, :13] for x in tokens), *heads, chunk=8)
    outputs = [output]
    for t in range(13, 21):
        token = [x[:, :, t : t + 1] for x in tokens]
        output, state = mechanism.recurrent(*token, *heads, state=state)
        outputs.append(output)
    assert_same((torch.cat(outputs, dim=2), state), (expected, last), **EXACT)


@every
def test_the_state_does_not_grow(mechanism):
    short, heads = inputs(mechanism, 3)
    long, _ = inputs(mechanism, 50)
    _, small = mechanism.chunked(*short, *heads)
    _, large = mechanism.chunked(*long, *heads)
    for a, b in zip(parts(small), parts(large), strict=True):
        assert isinstance(a, int) or a.shape == b.shape


@every
def test_gradients_of_all_forms_agree(mechanism):
    gradients = []
    for form in (mechanism.recurrent, mechanism.parallel, mechanism.chunked):
        tokens, heads = inputs(mechanism, 11)
        tokens = [x.requires_grad_() for x in tokens]
        output, _ = form(*tokens, *heads)
        gradients.append(torch.autograd.grad(output.sin().sum(), tokens))
    for others in gradients[1:]:
        torch.testing.assert_close(others, gradients[0], **EXACT)


@every
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_16_bits_keep_a_wide_state(mechanism, dtype):
    tokens, heads = inputs(mechanism, 9, dtype=dtype)
    output, state = mechanism.chunked(*tokens, *heads)
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
    (query, key, value, gates, *write), _ = inputs(mechanism, 70, dtype=torch.float32)
    gates = torch.where(gates < -1, -strength, -1e-3)
    output, _ = mechanism.chunked(query, key, value, gates, *write)
    wide = [x.double() for x in (query, key, value, gates, *write)]
    exact, _ = mechanism.recurrent(*wide)
    torch.testing.assert_close(output.double(), exact, rtol=1e-4, atol=1e-5)


def test_a_decay_of_0_forgets_everything():
    (query, key, value), _ = inputs(retention, 9)
    nothing = torch.zeros(H, dtype=torch.float64)
    own = (query * key).sum(-1, keepdim=True) * value
    for form in (retention.recurrent, retention.parallel, retention.chunked):
        torch.testing.assert_close(form(query, key, value, nothing)[0], own)


def test_a_query_that_fits_no_key_gets_0_and_finite_gradients():
    (query, key, value), _ = inputs(cosformer, 5)
    query = (-query.abs()).requires_grad_()
    for form in (cosformer.recurrent, cosformer.parallel, cosformer.chunked):
        output, _ = form(query, key, value, 8)
        assert (output == 0).all()
        assert torch.autograd.grad(output.sum(), query)[0].isfinite().all()


def test_attention_free_with_no_key_in_sight_gives_0_and_finite_gradients():
    query = torch.ones(1, 1, 3, 2, dtype=torch.float64)
    key = torch.ones(1, 1, 1, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, 1, 1, 1, dtype=torch.float64)
    output = attention_free.full(query, key, key.detach(), bias, causal=True)
    expected = torch.tensor([0, 0, 1], dtype=torch.float64).unsqueeze(-1) * query.sigmoid()[0, 0]
    torch.testing.assert_close(output[0, 0], expected)
    with torch.autograd.set_detect_anomaly(True):  # nor a NaN on the way
        assert torch.autograd.grad(output.sum(), key)[0].isfinite().all()


MATRIX = [m for m in MECHANISMS if m is not rwkv]


@pytest.mark.parametrize("mechanism", MATRIX, ids=lambda m: m.__name__.rpartition(".")[2])
def test_effective_weights_times_values_are_the_output(mechanism):
    (query, key, value, *gates), heads = inputs(mechanism, 10)
    for form in (mechanism.recurrent, mechanism.parallel, mechanism.chunked):
        weights = effective_weights(form, query, key, *gates, *heads)
        assert (weights.triu(1) == 0).all()
        expected, _ = form(query, key, value, *gates, *heads)
        torch.testing.assert_close(weights @ value, expected, **EXACT)


def test_effective_weights_of_a_normalized_form_sum_to_1():
    (query, key, _), _ = inputs(linear_attention, 10)
    for form in (linear_attention.full, linear_attention.chunked):
        weights = effective_weights(form, query, key)
        torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


@pytest.mark.parametrize("form", [rwkv.parallel, attention_free.full, attention_free.simple])
def test_where_each_channel_is_weighed_apart_there_is_no_matrix(form):
    with pytest.raises(TypeError, match="weighs every channel of the value apart"):
        effective_weights(form, torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2))


def test_effective_weights_know_their_forms():
    with pytest.raises(TypeError, match=r"form must be a form of linear_attention, .* got"):
        effective_weights(F.scaled_dot_product_attention, torch.ones(1, 1, 2, 2), None)


@every
@pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda q, k, v: (q[0], k, v), ValueError, "query must have the axes"),
        (lambda q, k, v: (q.int(), k, v), TypeError, "query must be floating point"),
        (lambda q, k, v: (q, k.float(), v), TypeError, "key is torch.float32, but query is"),
        (lambda q, k, v: (q, k, v[:1]), ValueError, "value has batch size 1, but query has 2"),
        (lambda q, k, v: (q, k[:, :, 1:], v[:, :, 1:]), ValueError, "key has 4 tokens, but query"),
        (lambda q, k, v: (q, k[:, :1], v[:, :1]), ValueError, "key has 1 heads, but query has 2"),
        (lambda q, k, v: (q, k[..., 1:], v), ValueError, "key has 3 channels, but query has 4"),
        (lambda q, k, v: (q[:, :, :0], k[:, :, :0], v[:, :, :0]), ValueError, "at least one token"),
    ],
)
def test_unfit_tokens_are_named(mechanism, form, change, error, message):
    (query, key, value, *gates), heads = inputs(mechanism, 5)
    with pytest.raises(error, match=message):
        getattr(mechanism, form)(*change(query, key, value), *gates, *heads)


@pytest.mark.parametrize(
    ("mechanism", "more"),
    [(linear_attention, ()), (cosformer, (8,)), (performer, (random_directions(3, D).double(),))],
)
def test_a_padded_sequence_is_as_if_it_ended_there(mechanism, more):
    (query, key, value), _ = inputs(linear_attention, 5)
    padded = mechanism.full(query, key, value, *more, mask=Padding(torch.tensor([3, 5])))
    short = mechanism.full(query[:1], key[:1, :, :3], value[:1, :, :3], *more)
    whole = mechanism.full(query[1:], key[1:], value[1:], *more)
    torch.testing.assert_close(padded, torch.cat((short, whole)), **EXACT)


def test_a_mask_that_tells_queries_apart_is_refused():
    states = torch.ones(1, 2, 3, 4)
    with pytest.raises(TypeError, match=r"mask must be a Padding, .* got Causal"):
        linear_attention.full(states, states, states, mask=Causal())


def test_full_forms_name_what_does_not_fit():
    states = torch.ones(1, 2, 3, 4)
    with pytest.raises(ValueError, match="key has 1 heads of size 4, but query has 2 of size 4"):
        linear_attention.full(states, states[:, :1], states[:, :1])
    with pytest.raises(ValueError, match="horizon is 2, but the sequence reaches 3 tokens"):
        cosformer.full(states, states, states, 2)
    with pytest.raises(ValueError, match="value has size 3, but query has 4"):
        attention_free.full(states, states, states[..., 1:], torch.zeros(1, 1, 3, 3))
    with pytest.raises(ValueError, match="bias has length 2, but key has 3"):
        attention_free.full(states, states, states, torch.zeros(1, 1, 3, 2))
    with pytest.raises(ValueError, match="width must be at least 0"):
        attention_free.local_bias(torch.zeros(3, 3), -1)


GATED = [m for m in MECHANISMS if m not in (linear_attention, cosformer)]


@pytest.mark.parametrize("mechanism", GATED, ids=lambda m: m.__name__.rpartition(".")[2])
@pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])
def test_unfit_gates_are_named(mechanism, form):
    (query, key, value, *gates), heads = inputs(mechanism, 5)
    gates = [*gates, *heads]
    names = "log_decay|write|decay|bonus|step|rate"
    for place in range(len(gates)):
        for wrong, error in ((gates[place][1:], ValueError), (gates[place].int(), TypeError)):
            unfit = [*gates[:place], wrong, *gates[place + 1 :]]
            with pytest.raises(error, match=f"^({names}) must (have the shape|be floating)"):
                getattr(mechanism, form)(query, key, value, *unfit)


@every
@pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])
def test_an_unfit_state_is_named(mechanism, form):
    tokens, heads = inputs(mechanism, 5)
    _, state = mechanism.recurrent(*tokens, *heads)
    unfit = type(state)(state[0][:1], *state[1:]) if isinstance(state, tuple) else state[:1]
    with pytest.raises(ValueError, match=r"^state(\.mean)? must have the shape"):
        getattr(mechanism, form)(*tokens, *heads, state=unfit)


@every
@pytest.mark.parametrize("chunk", [0, -4])
def test_an_unfit_chunk_is_named(mechanism, chunk):
    tokens, heads = inputs(mechanism, 5)
    with pytest.raises(ValueError, match="chunk must be"):
        mechanism.chunked(*tokens, *heads, chunk=chunk)


def test_a_sequence_beyond_the_horizon_is_refused():
    (query, key, value), _ = inputs(cosformer, 5)
    _, state = cosformer.recurrent(query, key, value, 8)
    with pytest.raises(ValueError, match="horizon is 8, but the sequence reaches 10 tokens"):
        cosformer.recurrent(query, key, value, 8, state=state)


@every
def test_the_chunked_form_compiles_in_one_graph(mechanism):
    tokens, heads = inputs(mechanism, 20)
    compiled = torch.compile(mechanism.chunked, fullgraph=True, backend="eager", dynamic=False)
    assert_same(
        compiled(*tokens, *heads, chunk=8), mechanism.chunked(*tokens, *heads, chunk=8), **EXACT
    )
