"""What comes into a recurrence: gates and their ranges, shared heads, states; what is refused."""

import pytest
import torch

from attnlib.linear import (
    attention_free,
    comba,
    cosformer,
    delta,
    gated_delta,
    gated_delta_2,
    gated_linear,
    kimi_delta,
    linear_attention,
    mamba,
    mamba3,
    mesa,
    mlstm,
    retention,
    rwkv,
    rwkv7,
    state_space,
    titans,
)
from attnlib.masks import Causal, Padding
from oracles.recurrences import (
    EXACT,
    D,
    H,
    assert_same,
    every,
    forms,
    gated,
    gates_of,
    inputs,
    parts,
    qkv,
)


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
    if "removal" in tokens:
        changed["removal"] = changed["key"]
    if "control" in tokens:
        changed["control"] = changed["query"][..., :3]
    if "angle" in tokens:
        changed["angle"] = changed["query"][..., : D // 2]
    with pytest.raises(error, match=message):
        getattr(mechanism, form)(**{**tokens, **changed}, **once)


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
    (gated_delta_2, "erase", -0.5, "from 0 to 2, got -0.5"),
    (comba, "feedback", 1.5, "from 0 to 1, got 1.5"),
    (rwkv7, "write", 2.5, "from 0 to 2, got 2.5"),
    (mamba, "rate", -0.5, "at least 0, got -0.5"),
    (mamba3, "blend", 1.5, "from 0 to 1, got 1.5"),
    (mlstm, "log_write", torch.inf, "below ∞, got inf"),
    (mesa, "ridge", 0.0, "above 0, got 0"),
    (titans, "log_momentum", 0.25, "at most 0, got 0.25"),
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


EDGES = {
    "log_decay": (0.0, -torch.inf),
    "write": (0.0, 2.0),
    "erase": (0.0, 2.0),
    "step": (0.0, 9.0),
    "log_momentum": (0.0, -torch.inf),
    "log_write": (-torch.inf, -1000.0, 50.0),
    "blend": (0.0, 1.0),
}


@forms
@gated
def test_gradients_at_the_edges_of_a_range_are_finite(mechanism, form):
    tokens, once = inputs(mechanism, 5)
    for name in gates_of(tokens):
        for number in EDGES[name]:
            edge = tokens | {name: torch.full_like(tokens[name], number)}
            leaves = {key: part.clone().requires_grad_() for key, part in edge.items()}
            getattr(mechanism, form)(**leaves, **once)[0].sum().backward()
            assert all(leaf.grad.isfinite().all() for leaf in leaves.values())


@gated
def test_the_edges_of_a_range_are_inside(mechanism):
    tokens, once = inputs(mechanism, 5)
    for name in gates_of(tokens):
        for number in EDGES[name]:
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
