"""Recurrent forms against the naive references of flash-linear-attention, in float64."""

import pytest
import torch
import torch.nn.functional as F

from attnlib import masks
from attnlib.heads import delta_former, local_linear, parallax
from attnlib.linear import (
    bounded_memory,
    comba,
    delta_product,
    gated_delta_2,
    gated_slots,
    linear_attention,
    log_linear,
    mesa,
    mixture,
    rwkv6,
    rwkv7,
    taylor,
    titans,
    ttt,
)
from oracles.fla import reference, time_first
from oracles.in_double import in_double

B, H, T, D, DV = 2, 3, 21, 8, 5  # T is no multiple of any chunk
EXACT = {"rtol": 1e-9, "atol": 1e-10}
forms = pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])


@pytest.fixture(autouse=True)
def oracles_in_float64():
    with in_double():
        yield


@pytest.fixture
def random():
    source = torch.Generator().manual_seed(0)
    return lambda *shape: torch.randn(*shape, generator=source, dtype=torch.float64)


@pytest.fixture
def tokens(random):
    key = F.normalize(random(B, H, T, D), dim=-1)
    return random(B, H, T, D), key, random(B, H, T, DV)


def assert_same(ours, theirs):
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our, their, **EXACT)


@forms
def test_gated_delta_2_equals_flash_linear_attention(tokens, random, form):
    query, key, value = tokens
    log_decay, erase = F.logsigmoid(random(B, H, T, D)), 2 * random(B, H, T, D).sigmoid()
    write, start = 2 * random(B, H, T, DV).sigmoid(), random(B, H, D, DV)
    ours = getattr(gated_delta_2, form)(*tokens, log_decay, erase, write, state=start)
    output, state = reference("gdn2").naive_recurrent_gdn2(
        *map(time_first, (query, key, value, log_decay, erase, write)),
        scale=1.0,
        initial_state=start,
        output_final_state=True,
    )
    assert_same(ours, (time_first(output), state))


@forms
def test_comba_equals_flash_linear_attention(tokens, random, form):
    query, key, value = tokens
    log_decay, write = F.logsigmoid(random(B, H, T)), random(B, H, T).sigmoid()
    feedback, correction, start = random(H).sigmoid(), random(H), random(B, H, D, DV)
    ours = getattr(comba, form)(*tokens, log_decay, write, feedback, correction, state=start)
    output, state = reference("comba").naive_recurrent_comba(
        *map(time_first, (query - correction[:, None, None] * key, key, value)),
        p=time_first(feedback[:, None, None] * key),
        beta=time_first(write),
        g=time_first(log_decay),
        scale=1.0,
        initial_state=start.clone(),
        output_final_state=True,
    )
    assert_same(ours, (time_first(output), state))


@forms
def test_delta_product_equals_flash_linear_attention(random, form):
    steps = 3
    query = random(B, H, T, D)
    key, value = F.normalize(random(B, H, T, steps, D), dim=-1), random(B, H, T, steps, DV)
    log_decay, write = F.logsigmoid(random(B, H, T)), 2 * random(B, H, T, steps).sigmoid()
    start = random(B, H, D, DV)
    ours = getattr(delta_product, form)(query, key, value, log_decay, write, state=start)
    output, state = reference("gated_delta_product").naive_recurrent_gated_delta_product(
        time_first(query),
        *(time_first(states.flatten(2, 3)) for states in (key, value)),
        g=time_first(log_decay),
        beta=time_first(write.flatten(2)),
        scale=1.0,
        initial_state=start,
        num_householder=steps,
    )
    assert_same(ours, (time_first(output), state))


@forms
def test_rwkv6_equals_flash_linear_attention(tokens, random, form):
    log_decay, bonus = -random(B, H, T, D).exp(), random(H, D)
    start = random(B, H, D, DV)
    ours = getattr(rwkv6, form)(*tokens, log_decay, bonus, state=start)
    theirs = reference("rwkv6", "recurrent_naive").naive_recurrent_rwkv6(
        *tokens, log_decay, bonus, scale=1.0, initial_state=start, output_final_state=True
    )
    assert_same(ours, theirs)


@forms
def test_rwkv7_equals_the_generalized_delta_rule_of_flash_linear_attention(tokens, random, form):
    query, key, value = tokens
    removal = F.normalize(random(B, H, T, D), dim=-1)
    log_decay, write = -random(B, H, T, D).exp(), random(B, H, T, D).sigmoid()
    start = random(B, H, D, DV)
    ours = getattr(rwkv7, form)(*tokens, removal, log_decay, write, state=start)
    theirs = reference("generalized_delta_rule/dplr").dplr_recurrence(
        query * D**0.5, key, value, -removal, removal * write, log_decay, initial_state=start
    )
    assert_same(ours, theirs)


@forms
def test_mesa_equals_flash_linear_attention(tokens, random, form):
    log_decay, write = F.logsigmoid(random(B, H, T)), random(B, H, T).sigmoid()
    ridge, start = random(H, D).exp(), random(B, H, D, DV)
    half = random(B, H, D, D)
    keys = half @ half.mT
    output, state = getattr(mesa, form)(
        *tokens, log_decay, write, ridge, state=mesa.Regression(keys, start)
    )
    expected, *sums = reference("mesa_net").naive_mesa_net_exact(
        *map(time_first, padded(tokens)),
        time_first(log_decay),
        ridge,
        time_first(write),
        keys,
        F.pad(start, (0, D - DV)),
    )
    theirs = time_first(expected)[..., :DV], sums[0], sums[1][..., :DV]
    assert_same((output, *state), theirs)


def padded(tokens):
    """Query, key, and a value filled up to the key's size, which some references ask for."""
    query, key, value = tokens
    return query, key, F.pad(value, (0, D - DV))


@forms
def test_titans_equal_the_momentum_delta_rule_of_flash_linear_attention(tokens, random, form):
    log_decay, log_momentum, write = (F.logsigmoid(random(B, H, T)) for _ in range(3))
    start = random(2, B, H, D, DV)
    ours = getattr(titans, form)(
        *tokens, log_decay, log_momentum, write.exp(), state=titans.Moving(*start)
    )
    query, key, value = map(time_first, tokens)
    output, state = reference("momentum_delta_rule").recurrent_momentum_delta_rule_ref(
        query,
        key,
        value,
        *map(time_first, (log_decay, log_momentum)),
        p=key,
        beta=torch.ones_like(time_first(write)),
        eta=time_first(write.exp()),
        scale=1.0,
        initial_S=start[0],
        initial_M=-start[1],
        output_final_state=True,
    )
    output_ours, moving = ours
    assert_same((output_ours, *moving), (time_first(output), state[0], -state[1]))


@forms
def test_taylor_features_equal_based(tokens, form):
    """Their sums, divided by their sums of ones: their own division adds 1e-6 below."""
    ours, _ = getattr(linear_attention, form)(*tokens, feature_map=taylor.features)
    sums = reference("based").naive_parallel_based(*tokens, use_norm=False)
    ones = torch.ones_like(tokens[2])
    below = reference("based").naive_parallel_based(*tokens[:2], ones, use_norm=False)
    assert_same((ours,), (sums / below,))


@forms
def test_log_linear_equals_flash_linear_attention(tokens, random, form):
    log_decay, shares = F.logsigmoid(random(B, H, T)), F.softplus(random(B, H, T, 6))
    output, _ = getattr(log_linear, form)(*tokens, log_decay, shares)
    theirs = reference("log_linear_attn").naive_log_linear_attn(
        *map(time_first, tokens), time_first(log_decay), time_first(shares)
    )
    assert_same((output,), (time_first(theirs),))


@pytest.mark.parametrize("border", [1, 4, 7, 8, 20])
def test_every_form_of_log_linear_goes_on_from_every_state(tokens, random, border):
    log_decay, shares = F.logsigmoid(random(B, H, T)), random(B, H, T, 6)
    tokens = (*tokens, log_decay, shares)
    expected, whole = log_linear.recurrent(*tokens)
    for form in (log_linear.recurrent, log_linear.parallel, log_linear.chunked):
        options = {"chunk": 4} if form is log_linear.chunked else {}
        first, state = form(*(x[:, :, :border] for x in tokens), **options)
        rest, last = form(*(x[:, :, border:] for x in tokens), **options, state=state)
        assert last.length == T
        assert_same((torch.cat((first, rest), dim=2), last.levels), (expected, whole.levels))


def test_a_text_too_long_for_the_levels_is_refused(tokens, random):
    log_decay, shares = F.logsigmoid(random(B, H, T)), random(B, H, T, 5)
    with pytest.raises(ValueError, match="5 levels, enough for 16 tokens, but the sequence"):
        log_linear.chunked(*tokens, log_decay, shares)


@forms
def test_gated_slots_equal_flash_linear_attention(tokens, random, form):
    log_decay = F.logsigmoid(random(B, H, T, 4))
    start = random(B, H, D, 4), random(B, H, 4, DV)
    output, slots = getattr(gated_slots, form)(*tokens, log_decay, state=gated_slots.Slots(*start))
    query, key, value = map(time_first, tokens)
    theirs, state = reference("gsa").naive_recurrent_gsa(
        query,
        key,
        value,
        time_first(1 - log_decay.exp()),
        time_first(log_decay),
        scale=1.0,
        initial_state=start,
        output_final_state=True,
    )
    assert_same((output, *slots), (time_first(theirs), *state))


@forms
def test_bounded_memory_equals_both_forms_of_flash_linear_attention(tokens, random, form):
    control = 2 * random(B, H, T, 4)
    output, _ = getattr(bounded_memory, form)(*tokens, control)
    query, key, value = tokens
    recurrent, _ = reference("abc").naive_recurrent_abc(*tokens, control, scale=1.0)
    sums, _ = reference("abc").naive_cumsum_abc(query * D**0.5, key, value, control)
    assert_same((output, output), (recurrent, sums))


def test_delta_former_equals_flash_linear_attention(random):
    query, key, value = (random(B, H, T, D) for _ in range(3))
    write = random(B, H, T).sigmoid()
    seen = delta_former(query, key, value, write)
    theirs = reference("deltaformer").naive_deltaformer_attn(
        *map(time_first, (query, key, value, write))
    )
    assert_same((seen.output, seen.weights @ value), (time_first(theirs),) * 2)


@pytest.mark.parametrize("window", [None, 3])
def test_parallax_equals_flash_linear_attention(tokens, random, window):
    query, key, value = padded(tokens)
    slope = random(B, H, T, D)
    mask = masks.Causal() if window is None else masks.Causal() & masks.Window(window)
    seen = parallax(query, key, value, slope, mask=mask)
    theirs = reference("parallax").naive_parallax(
        *map(time_first, (query, slope, key, value)), window_size=window
    )
    assert_same((seen.output, seen.weights @ value), (time_first(theirs),) * 2)


def test_local_linear_attention_equals_least_squares_query_by_query(tokens):
    """The rows √p (1, k − q) and √p v, and √λ (0, 1): the first coefficient is the output."""
    query, key, value = tokens
    ours = local_linear(query, key, value, ridge=0.3, mask=masks.Causal())
    for i in (0, 3, T - 1):
        p = (query[:, :, i : i + 1] @ key[:, :, : i + 1].mT / D**0.5).softmax(dim=-1).mT.sqrt()
        away = key[:, :, : i + 1] - query[:, :, i : i + 1]
        rows = p * F.pad(away, (1, 0), value=1.0)
        pull = 0.3**0.5 * torch.eye(D + 1).double()[1:].expand(B, H, D, D + 1)
        wanted = F.pad(p * value[:, :, : i + 1], (0, 0, 0, D))
        solved = torch.linalg.lstsq(torch.cat((rows, pull), dim=2), wanted).solution
        torch.testing.assert_close(ours.output[:, :, i], solved[:, :, 0], **EXACT)


def test_local_linear_attention_finds_a_linear_function_where_plain_attention_does_not(tokens):
    query, key, _ = tokens
    value = 2 * key[..., :1] - key[..., 1:2] + 3
    wanted = 2 * query[..., :1] - query[..., 1:2] + 3
    ours = local_linear(query, key, value, ridge=1e-9)
    torch.testing.assert_close(ours.output, wanted, rtol=1e-5, atol=1e-5)
    plain = F.scaled_dot_product_attention(query, key, value)
    assert (plain - wanted).abs().mean() > 1


@pytest.mark.parametrize("form", ["recurrent", "chunked"])
def test_ttt_equals_gradient_descent_by_autograd(random, form):
    """Loss by loss, in mini-batches of 4; LN is PyTorch's."""
    query, key, value = (random(B, H, T, D) for _ in range(3))
    step, first = 0.1 * random(B, H, T).exp(), 0.5 * random(H, D, D)
    gain, shift = random(H, D), random(H, D)
    output, state = getattr(ttt, form)(query, key, value, step, first, gain, shift, batch=4)
    for head in range(H):
        weight, bias = first[head], torch.zeros(D).double()

        def answer(x, weight, bias, norm=(gain[head], shift[head])):
            return x + F.layer_norm(x @ weight + bias, (D,), *norm, eps=ttt.EPSILON)

        for t in range(T):
            if t % 4 == 0:
                start = weight.detach().requires_grad_(), bias.detach().requires_grad_()
            loss = (answer(key[1, head, t], *start) - value[1, head, t]).square().sum() / 2
            slopes = torch.autograd.grad(loss, start)
            weight = weight - step[1, head, t] * slopes[0]
            bias = bias - step[1, head, t] * slopes[1]
            expected = answer(query[1, head, t], weight, bias)
            torch.testing.assert_close(output[1, head, t], expected, **EXACT)
        torch.testing.assert_close(state.weight[1, head], weight, **EXACT)


def test_the_state_of_ttt_equals_flash_linear_attention_at_one_rate(random):
    query, key, value = (random(B, H, T, D) for _ in range(3))
    first, gain, shift = 0.5 * random(H, D, D), random(H, D), random(H, D)
    step = torch.full((B, H, T), 0.1).double()
    _, state = ttt.chunked(query, key, value, step, first, gain, shift, batch=7)
    _, weight, bias = reference("ttt").chunk_ttt_linear_ref(
        *map(time_first, (query.clone(), key, value)),
        gain,
        shift,
        time_first(step.unsqueeze(-1)),
        mini_batch_size=7,
        initial_state=first.expand(B, -1, -1, -1),
        output_final_state=True,
    )
    assert_same(state[:2], (weight, bias))


@pytest.mark.parametrize("border", [1, 4, 7, 20])
def test_both_forms_of_ttt_go_on_from_the_middle_of_a_mini_batch(random, border):
    tokens = [random(B, H, T, D) for _ in range(3)] + [0.1 * random(B, H, T).exp()]
    once = 0.5 * random(H, D, D), random(H, D), random(H, D)
    expected, whole = ttt.recurrent(*tokens, *once, batch=4)
    for form in (ttt.recurrent, ttt.chunked):
        first, state = form(*(x[:, :, :border] for x in tokens), *once, batch=4)
        rest, last = form(*(x[:, :, border:] for x in tokens), *once, batch=4, state=state)
        assert last.length == T
        assert_same((torch.cat((first, rest), dim=2), *last[:2]), (expected, *whole[:2]))


@forms
def test_a_mixture_of_memories_equals_a_loop_over_tokens_and_memories(random, form):
    memories = 3
    query = random(B, H, T, D)
    key, value = random(B, H, T, memories, D), random(B, H, T, memories, DV)
    log_decay = F.logsigmoid(random(B, H, T))
    route = mixture.routes(random(B, H, T, memories), count=2)
    state = random(B, H, memories, D, DV)
    output, last = getattr(mixture, form)(query, key, value, log_decay, route, state=state)
    state = state.clone()
    for head in range(H):
        for t in range(T):
            expected = torch.zeros(DV).double()
            for m in route[1, head, t].nonzero().flatten().tolist():
                written = torch.outer(key[1, head, t, m], value[1, head, t, m])
                state[1, head, m] = log_decay[1, head, t].exp() * state[1, head, m] + written
                expected += route[1, head, t, m] * (query[1, head, t] @ state[1, head, m])
            torch.testing.assert_close(output[1, head, t], expected, **EXACT)
    torch.testing.assert_close(last[1], state[1], **EXACT)


def test_routes_share_1_among_the_best():
    route = mixture.routes(torch.tensor([[0.0, 2.0, 2.0, -1.0]]), count=2)
    assert route.tolist() == [[0.0, 0.5, 0.5, 0.0]]
    with pytest.raises(ValueError, match="count is 5, but scores have 4 memories"):
        mixture.routes(torch.zeros(1, 4), count=5)
