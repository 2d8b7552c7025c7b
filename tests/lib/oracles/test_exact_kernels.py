"""Attention in pieces is attention: against PyTorch, in values and gradients, in float64."""

import itertools
import sys
from functools import reduce

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradgradcheck

from attnlib import MultiHeadAttention, attention, explain, masks
from attnlib.caches.growing import KVCache
from attnlib.caches.paged import PagedKVCache, PagePool
from attnlib.kernels import banded, chunked, split_keys, tiled
from attnlib.kernels._blocks import attend_block
from attnlib.kernels.online import Partial, merge, no_keys, online_softmax
from oracles.agreement import EXACT, assert_agree, normal

SCALE = 0.7


def in_tiles(*inputs, mask=None, bias=None, tile=2):
    return tiled(*inputs, mask=mask, bias=bias, scale=SCALE, dropout_p=0.0, tile=tile)


PIECES = {
    "tiles of 2": in_tiles,
    "tiles of 3": lambda *a, **k: in_tiles(*a, **k, tile=3),
    "one tile": lambda *a, **k: in_tiles(*a, **k, tile=128),
    "chunks": lambda *a, **k: chunked(*a, **k, scale=SCALE, query_chunk=2, key_chunk=3),
    "splits": lambda *a, **k: split_keys(*a, **k, scale=SCALE, splits=3),
}
LENGTHS = [(7, 7), (3, 8), (1, 5), (1, 1), (6, 3)]
MASKS = {
    "none": lambda q, k: None,
    "causal": lambda q, k: masks.Causal(),
    "window": lambda q, k: masks.Window(2),
    "sliding window": lambda q, k: masks.Causal() & masks.Window(3),
    "prefix": lambda q, k: masks.Causal() | masks.Prefix(2),
    "padding": lambda q, k: masks.Padding(torch.tensor([k, 0])),
    "dense": lambda q, k: masks.Dense(torch.arange(2 * 4 * q * k).view(2, 4, q, k) % 3 == 0),
    "not causal": lambda q, k: ~masks.Causal(),
}
every_piece = pytest.mark.parametrize("attend", PIECES.values(), ids=PIECES)


def inputs_of(query_length, key_length):
    return (
        normal(2, 4, query_length, 3),
        normal(2, 2, key_length, 3, seed=1),
        normal(2, 2, key_length, 5, seed=2),
    )


def pytorch(query, key, value, allowed=None, bias=None):
    additive = allowed
    if bias is not None:
        additive = bias if allowed is None else bias.masked_fill(~allowed, -torch.inf)
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=additive, scale=SCALE, enable_gqa=True
    )


@every_piece
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize(("query_length", "key_length"), LENGTHS)
def test_pieces_of_any_size_equal_pytorch_under_every_mask(
    query_length, key_length, name, biased, attend
):
    inputs = inputs_of(query_length, key_length)
    bias = normal(1, 4, 1, key_length, seed=3) if biased else None
    mask = MASKS[name](query_length, key_length)
    allowed = None if mask is None else mask.dense(query_length, key_length)
    if allowed is not None:
        allowed = allowed.expand(2, 4, -1, -1)
    expected = pytorch(*inputs, allowed, bias)
    assert_agree(
        attend(*inputs, mask=mask, bias=bias), expected, inputs if bias is None else (*inputs, bias)
    )


@pytest.mark.parametrize("block", [1, 2, 3, 64])
@pytest.mark.parametrize("width", [1, 2, 4, 20])
@pytest.mark.parametrize(("query_length", "key_length"), [(9, 9), (3, 9), (1, 9), (1, 1), (7, 8)])
def test_bands_of_any_width_and_block_equal_pytorch(query_length, key_length, width, block):
    inputs = inputs_of(query_length, key_length)
    mask = masks.Window(width) & masks.Causal()
    ours = banded(*inputs, mask=mask, bias=None, scale=SCALE, dropout_p=0.0, block=block)
    allowed = torch.tensor(
        [
            [0 <= i + key_length - query_length - j < width for j in range(key_length)]
            for i in range(query_length)
        ]
    )
    assert_agree(ours, pytorch(*inputs, allowed.expand(2, 4, -1, -1)), inputs)


def test_a_band_drops_the_share_of_weights_asked_for():
    """With identity values the output is the dropped-out weights themselves."""
    zeros, mask = torch.zeros(1, 1, 200, 200), masks.Causal() & masks.Window(20)
    values = torch.eye(200)[None, None]
    kept = attention(zeros, zeros, values, mask=mask, dropout_p=0.25, impl="banded").output
    dropped = kept[mask.dense(200)] == 0
    assert dropped.float().mean().item() == pytest.approx(0.25, abs=0.03)


def test_the_online_softmax_equals_pytorch():
    scores = normal(2, 3, 4, 6) * 30
    assert_agree(online_softmax(scores), scores.softmax(dim=-1), (scores,))


def test_the_online_softmax_in_digits():
    """Scores 0, ln 3: largest 0 then ln 3; total 1, then 1 · ⅓ + 1; weights ¼ and ¾."""
    scores = torch.tensor([1.0, 3.0], dtype=torch.float64).log()
    expected = torch.tensor([0.25, 0.75], dtype=torch.float64)
    torch.testing.assert_close(online_softmax(scores), expected, **EXACT)


def test_the_online_softmax_of_a_hidden_row_is_0_with_finite_gradients():
    scores = normal(1, 1, 2, 3)
    allowed = torch.tensor([[True, False, True], [False, False, False]])
    weights = online_softmax(scores, allowed)
    assert not weights[..., 1, :].any()
    (gradient,) = torch.autograd.grad(weights.square().sum(), scores)
    assert gradient.isfinite().all()


# Merging


def parts_of(key_lengths):
    """Partial results over consecutive keys, and the whole."""
    query, key, value = inputs_of(3, sum(key_lengths))
    keys, values = key.split(key_lengths, dim=2), value.split(key_lengths, dim=2)
    pairs = zip(keys, values, strict=True)
    return [attend_block(query, k, v, None, None, SCALE) for k, v in pairs], (query, key, value)


def test_merging_in_any_order_gives_the_whole():
    parts, inputs = parts_of([1, 3, 2])
    expected = pytorch(*inputs)
    for order in itertools.permutations(parts):
        assert_agree(reduce(merge, order).output, expected, inputs)


def test_the_merged_logsumexp_is_that_of_all_scores():
    parts, (query, key, value) = parts_of([1, 3, 2])
    whole = attention(query, key, value, scale=SCALE, impl="reference").logsumexp
    assert_agree(reduce(merge, parts).logsumexp, whole, (query, key))


def test_merging_two_keys_in_digits():
    """Weights 1 : 3 and values 8 and 4: ¼ · 8 + ¾ · 4 = 5, and log(1 + 3)."""
    one = Partial(torch.full((1, 1, 1, 1), 8.0), torch.zeros(1, 1, 1))
    other = Partial(torch.full((1, 1, 1, 1), 4.0), torch.tensor(3.0).log().expand(1, 1, 1))
    output, logsumexp = merge(one, other)
    assert output.item() == pytest.approx(5)
    assert logsumexp.exp().item() == pytest.approx(4)


@pytest.mark.parametrize("empty_first", [True, False])
def test_merging_nothing_changes_nothing(empty_first):
    (part,), (query, _, value) = parts_of([4])
    pair = (no_keys(query, value), part) if empty_first else (part, no_keys(query, value))
    merged = merge(*pair)
    torch.testing.assert_close(merged.output, part.output, **EXACT)
    torch.testing.assert_close(merged.logsumexp, part.logsumexp, **EXACT)


def test_nothing_merged_with_nothing_is_nothing():
    query, _, value = inputs_of(3, 4)
    output, logsumexp = merge(no_keys(query, value), no_keys(query, value))
    assert not output.any()
    assert (logsumexp == -torch.inf).all()


# Tiles that are skipped


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize(("query_length", "key_length"), LENGTHS)
def test_nothing_outside_the_reach_is_allowed(name, query_length, key_length):
    mask = MASKS[name](query_length, key_length)
    allowed = torch.ones(query_length, key_length, dtype=torch.bool)
    if mask is not None:
        allowed = mask.dense(query_length, key_length)
    first = key_length - query_length
    for row in range(query_length):
        inside = range(key_length)
        if mask is not None:
            inside = mask.reach(range(row + first, row + first + 1), key_length)
        outside = [j for j in range(key_length) if j not in inside]
        assert not allowed[..., row, outside].any()


def test_a_causal_pass_computes_half_the_tiles(monkeypatch):
    """Four blocks of queries see 1 + 2 + 3 + 4 of 16 tiles; in a window of one, 1 + 2 + 2 + 2."""
    counted = []
    monkeypatch.setattr(
        sys.modules["attnlib.kernels._tiled"],
        "attend_block",
        lambda *tile: counted.append(1) or attend_block(*tile),
    )
    inputs = inputs_of(8, 8)
    for mask, tiles in ((None, 16), (masks.Causal(), 10), (masks.Causal() & masks.Window(2), 7)):
        counted.clear()
        in_tiles(*inputs, mask=mask)
        assert len(counted) == tiles


# What rows and padding must not spoil


@every_piece
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf])
def test_rubbish_in_padding_reaches_neither_output_nor_gradients(attend, rubbish):
    query, key, value = inputs_of(4, 6)
    mask = masks.Padding(torch.tensor([6, 3]))
    spoiled = [states.detach().clone() for states in (key, value)]
    for states in spoiled:
        states[1, :, 3:] = rubbish
        states.requires_grad_()
    clean, dirty = attend(query, key, value, mask=mask), attend(query, *spoiled, mask=mask)
    torch.testing.assert_close(dirty, clean, **EXACT)
    reached = torch.autograd.grad(dirty.sum(), (query, *spoiled))
    wanted = torch.autograd.grad(clean.sum(), (query, key, value))
    torch.testing.assert_close(reached, wanted, **EXACT)


def test_chunks_have_a_second_derivative():
    inputs = [normal(1, 1, 2, 2, seed=seed) for seed in range(3)]
    assert gradgradcheck(lambda *x: chunked(*x, query_chunk=1, key_chunk=1), inputs)


def test_tiles_say_that_they_have_no_second_derivative():
    inputs = [normal(1, 1, 2, 2, seed=seed) for seed in range(3)]
    with pytest.raises(RuntimeError, match='impl="tiled" has no second derivative'):
        torch.autograd.grad(in_tiles(*inputs).sum(), inputs, create_graph=True)


# What a kernel cannot do, it refuses

QUERY, KEY = torch.zeros(1, 2, 3, 4), torch.zeros(1, 2, 5, 4)
BAND = masks.Causal() & masks.Window(2)


@pytest.mark.parametrize(
    ("query", "choices", "words"),
    [
        (QUERY, {"impl": "tiled", "dropout_p": 0.1}, 'impl="tiled" cannot compute dropout'),
        (QUERY, {"impl": "banded"}, r"computes mask=Causal\(\) & Window\(width\) only, got None"),
        (QUERY, {"impl": "banded", "mask": masks.Causal()}, r"only, got Causal\(\)"),
        (QUERY, {"impl": "banded", "mask": masks.Window(2)}, "only, got Window"),
        (QUERY, {"impl": "banded", "mask": masks.Causal() | masks.Window(2)}, "only, got Or"),
        (
            QUERY,
            {"impl": "banded", "mask": BAND, "bias": torch.zeros(1, 1, 3, 5)},
            'impl="banded" cannot compute a bias',
        ),
        (
            torch.zeros(1, 2, 6, 4),
            {"impl": "banded", "mask": BAND},
            "at least as many keys as queries, got 6 queries and 5 keys",
        ),
    ],
)
def test_what_a_kernel_cannot_compute_is_refused(query, choices, words):
    with pytest.raises(ValueError, match=words):
        attention(query, KEY, KEY, **choices)


@pytest.mark.parametrize(
    ("attend", "choices", "words"),
    [
        (chunked, {"query_chunk": 0}, "query_chunk must be at least 1, got 0"),
        (chunked, {"key_chunk": -1}, "key_chunk must be at least 1, got -1"),
        (split_keys, {"splits": 0}, "splits must be at least 1, got 0"),
    ],
)
def test_pieces_below_1_are_refused(attend, choices, words):
    with pytest.raises(ValueError, match=words):
        attend(QUERY, KEY, KEY, **choices)


@pytest.mark.parametrize(
    ("length", "queries", "mask", "bias", "taken"),
    [
        (2048, 2048, masks.Causal() & masks.Window(256), None, "banded"),
        (512, 2, masks.Window(256) & masks.Causal(), None, "banded"),
        (512, 1, masks.Causal() & masks.Window(256), None, "sdpa"),  # its keys as they lie
        (511, 2, masks.Causal() & masks.Window(256), None, "sdpa"),
        (383, 2, masks.Causal() & masks.Window(8), None, "sdpa"),
        (2048, 2048, masks.Causal(), None, "sdpa"),
        (512, 2, masks.Causal() & masks.Window(256), torch.zeros(1, 1, 1, 1), "sdpa"),
        (2048, 2049, masks.Causal() & masks.Window(256), None, "sdpa"),
    ],
)
def test_a_narrow_window_over_a_long_sequence_is_computed_as_a_band(
    length, queries, mask, bias, taken
):
    query, key = torch.zeros(1, 1, queries, 1), torch.zeros(1, 1, length, 1)
    assert explain(query, key, key, mask=mask, bias=bias).startswith(f"{taken}: ")


@pytest.mark.parametrize(("length", "taken"), [(1023, "sdpa"), (1024, "banded")])
def test_where_gradients_are_wanted_a_band_has_to_be_longer(length, taken):
    states = torch.zeros(1, 1, length, 1, requires_grad=True)
    mask = masks.Causal() & masks.Window(256)
    assert explain(states, states, states, mask=mask).startswith(f"{taken}: ")
    with torch.no_grad():
        assert explain(states, states, states, mask=mask).startswith("banded: ")


# Caches


@torch.no_grad()
def decoded(layer, x, caches):
    """Token after token, every sequence with its cache."""
    return torch.cat(
        [
            torch.cat(
                [layer(token, mask=masks.Causal(), cache=cache) for token in row.split(1, 1)], 1
            )
            for row, cache in zip(x.split(x.shape[0] // len(caches)), caches, strict=True)
        ]
    )


@pytest.mark.parametrize("kind", ["growing", "of a capacity", "paged"])
def test_decoding_with_a_cache_equals_pytorch_in_one_pass(kind):
    theirs = torch.nn.MultiheadAttention(12, 4, batch_first=True).double()
    layer = MultiHeadAttention(12, heads=4).double()
    parts = zip(theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3), strict=True)
    for linear, (weight, bias) in zip((layer.query, layer.key, layer.value), parts, strict=True):
        linear.weight.data, linear.bias.data = weight.data, bias.data
    layer.output.load_state_dict(theirs.out_proj.state_dict())
    pool = PagePool(8, page_size=2, key_heads=4, head_size=3, dtype=torch.float64)
    caches = {
        "growing": [KVCache()],
        "of a capacity": [KVCache(capacity=6)],
        "paged": [PagedKVCache(pool), PagedKVCache(pool)],
    }[kind]

    x = normal(2, 5, 12).detach()
    future = torch.ones(5, 5, dtype=torch.bool).triu(1)
    expected, _ = theirs(x, x, x, attn_mask=future)
    torch.testing.assert_close(decoded(layer, x, caches), expected, **EXACT)
