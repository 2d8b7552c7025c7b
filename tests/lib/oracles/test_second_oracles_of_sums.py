"""Sums over pairs, first held to loops, against PyTorch, SciPy, flash-linear-attention."""

import math

import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import solve_banded

from attnlib import masks
from attnlib.heads import GroupedTiedAttention
from attnlib.layout import merge_heads, split_heads
from attnlib.linear import attention_free, cosformer, linear_attention, mamba3, mixture
from attnlib.positions import rotate
from oracles.agreement import EXACT, assert_agree, normal
from oracles.fla import reference, time_first
from oracles.in_double import in_double

B, H, T, D, DV = 2, 2, 7, 4, 5
NEAR = {"rtol": 1e-8, "atol": 1e-9}  # they add an ε of 1e-10 to what they divide by
forms = pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])


@pytest.fixture(autouse=True)
def oracles_in_float64():
    with in_double():
        yield


def states(size=DV, shift=0.0):
    """Query, key and value."""
    return [normal(B, H, T, d, seed=seed) + shift for seed, d in enumerate((D, D, size))]


def causal(query, key, value):
    """Linear attention by flash-linear-attention, of features as they are."""
    theirs = reference("linear_attn").naive_recurrent_linear_attn
    parts = (time_first(one) for one in (query, key, value))
    return time_first(theirs(*parts, scale=1.0, normalize=True)[0])


def over_all(query, key, value):
    """The same over all keys: each query by itself, and behind all of them."""
    asked = query.transpose(1, 2).flatten(0, 1).unsqueeze(2).expand(-1, -1, T, -1)
    again = (one.repeat_interleave(T, dim=0) for one in (key, value))
    return causal(asked, *again)[:, :, -1].unflatten(0, (B, T)).transpose(1, 2)


def waves(one, horizon):
    angle = (math.pi / 2 * torch.arange(T).double() / horizon).unsqueeze(-1)
    return torch.cat((one.relu() * angle.cos(), one.relu() * angle.sin()), dim=-1)


def test_full_linear_attention_equals_flash_linear_attention():
    query, key, value = states()
    ours = linear_attention.full(query, key, value)[0]
    theirs = over_all(F.elu(query) + 1, F.elu(key) + 1, value)
    torch.testing.assert_close(ours, theirs, **NEAR)


@forms
def test_causal_cosformer_equals_flash_linear_attention(form):
    query, key, value = states(shift=1.0)
    ours = getattr(cosformer, form)(query, key, value, horizon=9)[0]
    torch.testing.assert_close(ours, causal(waves(query, 9), waves(key, 9), value), **NEAR)


def test_full_cosformer_equals_flash_linear_attention():
    query, key, value = states(shift=1.0)
    ours = cosformer.full(query, key, value, horizon=9)[0]
    torch.testing.assert_close(ours, over_all(waves(query, 9), waves(key, 9), value), **NEAR)


def by_channel(query, key, value, bias):
    """Each channel as a head of size 1, whose scores are a bias alone: k_j + w_tj."""
    nothing = torch.zeros(B, H, D, T, 1)
    scores = key.mT.unsqueeze(3) + bias.unsqueeze(2)
    seen = F.scaled_dot_product_attention(nothing, nothing, value.mT.unsqueeze(4), attn_mask=scores)
    return query.sigmoid() * seen.squeeze(4).mT


def test_full_attention_free_equals_pytorch_channel_by_channel():
    parts, bias = [one.detach().requires_grad_() for one in states(D)], normal(B, H, T, T, seed=9)
    ours = attention_free.full(*parts, bias=bias).output
    assert_agree(ours, by_channel(*parts, bias), (*parts, bias))


@pytest.mark.parametrize("width", [0, 1, 3, T])
def test_local_attention_free_equals_pytorch_with_a_band_of_biases(width):
    parts, bias = states(D), normal(1, H, T, T, seed=9).detach()
    near = (torch.arange(T).unsqueeze(1) - torch.arange(T)).abs() < width
    ours = attention_free.full(*parts, bias=attention_free.local_bias(bias, width)).output
    torch.testing.assert_close(ours, by_channel(*parts, bias.where(near, 0.0)))


@forms
def test_simple_attention_free_equals_pytorch_without_biases(form):
    parts = states(D)
    ours = getattr(attention_free, form)(*parts)[0]
    future = torch.ones(1, 1, T, T, dtype=torch.bool).triu(1)
    none = torch.zeros(1, 1, T, T).masked_fill(future, -torch.inf)
    torch.testing.assert_close(ours, by_channel(*parts, none))


def test_grouped_tied_attention_equals_pytorch_with_grouped_queries():
    layer, x = GroupedTiedAttention(16, 4, key_heads=2).double(), normal(B, T, 16)
    places = torch.arange(T)
    plain, turning = split_heads(layer.query(x), 4).chunk(2, dim=-1)
    query = torch.cat((plain, rotate(turning, places, pairing="half")), dim=-1)
    state = split_heads(layer.state(x), 2)
    placed = rotate(layer.rotary_key(x).unsqueeze(1), places, pairing="half")
    key = torch.cat((state[..., :2], placed.expand(-1, 2, -1, -1)), dim=-1)
    seen = F.scaled_dot_product_attention(query, key, state, is_causal=True, enable_gqa=True)
    assert_agree(layer(x, mask=masks.Causal()), layer.output(merge_heads(seen)), (x,))


@forms
def test_each_memory_of_a_mixture_is_gated_linear_attention_of_its_tokens(form):
    memories = 3
    query, log_decay = normal(B, H, T, D), F.logsigmoid(normal(B, H, T, seed=1)).detach()
    key, value = normal(B, H, T, memories, D, seed=2), normal(B, H, T, memories, DV, seed=3)
    route = mixture.routes(normal(B, H, T, memories, seed=4).detach(), count=2)
    ours = getattr(mixture, form)(query, key, value, log_decay, route)[0]
    theirs = torch.zeros(B, H, T, DV)
    for b, h, m in torch.cartesian_prod(*map(torch.arange, (B, H, memories))).tolist():
        sent = route[b, h, :, m].nonzero().flatten()
        parts = (query[b, h, sent] * D**0.5, key[b, h, sent, m], value[b, h, sent, m])
        gates = log_decay[b, h, sent].unsqueeze(-1).expand(-1, D)
        read = reference("gla").naive_recurrent_gla(*(x[None, :, None] for x in (*parts, gates)))
        theirs[b, h, sent] += route[b, h, sent, m].unsqueeze(-1) * read[0][0, :, 0].detach()
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)


@forms
def test_mamba3_solves_scipys_banded_equations_over_complex_numbers(form):
    """(I − α on the diagonal below) h = what is written: all tokens of a channel at once."""
    query, key, value = (normal(B, H, T, 4, seed=seed).detach() for seed in range(3))
    log_decay, step, blend = (normal(B, H, T, seed=seed).detach().sigmoid() for seed in (3, 4, 5))
    angle = normal(B, H, T, 2, seed=6).detach()
    k, q = (torch.complex(*one.chunk(2, dim=-1)) for one in (key, query))
    alpha = torch.polar((-log_decay).exp().unsqueeze(-1).expand_as(angle), angle)
    outer = k.unsqueeze(-1) * value.unsqueeze(-2)  # (B, H, T, D/2, Dv)
    written = (blend * step)[..., None, None] * outer
    late = ((1 - blend) * step)[:, :, 1:, None, None] * alpha[:, :, 1:, :, None] * outer[:, :, :-1]
    written[:, :, 1:] += late
    memory = torch.empty_like(written)
    for b, h, d in torch.cartesian_prod(*map(torch.arange, (B, H, 2))).tolist():
        below = F.pad(-alpha[b, h, 1:, d], (0, 1))
        banded = torch.stack((torch.ones_like(below), below)).numpy()
        solved = solve_banded((1, 0), banded, written[b, h, :, d].numpy())
        memory[b, h, :, d] = torch.from_numpy(solved)
    expected = (q.conj().unsqueeze(-1) * memory).real.sum(dim=-2)
    output, state = getattr(mamba3, form)(query, key, value, -log_decay, step, blend, angle)
    torch.testing.assert_close(output, expected, **EXACT)
    last = memory[:, :, -1]
    torch.testing.assert_close(state.memory, torch.cat((last.real, last.imag), dim=2), **EXACT)
