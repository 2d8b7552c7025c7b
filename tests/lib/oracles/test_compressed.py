"""The layers of DeepSeek-V4 against transformers': shared states, HCA and CSA."""

from functools import partial

import pytest
import torch
from transformers import DeepseekV4Config
from transformers.models.deepseek_v4.modeling_deepseek_v4 import (
    DeepseekV4Attention,
    DeepseekV4RotaryEmbedding,
)

from attnlib import masks
from attnlib.caches import CompressedCache
from attnlib.heads.shared_state import SharedStateAttention
from attnlib.sparse.compressed_sparse import CompressedSparseAttention
from attnlib.sparse.gated_windows import GatedWindows
from attnlib.sparse.heavily_compressed import HeavilyCompressedAttention
from oracles.agreement import EXACT, assert_agree, normal
from oracles.in_double import in_double
from oracles.models import randomized

KINDS = ["sliding_attention", "heavily_compressed_attention", "compressed_sparse_attention"]
SHARED = {
    "head_size": 8,
    "rotary_size": 4,
    "query_latent_size": 12,
    "output_groups": 2,
    "output_latent_size": 5,
}

SIZES = {"length": 2, "window": 3, **SHARED}
CACHED = {
    "HCA": partial(HeavilyCompressedAttention, 16, 4, **SIZES),
    "CSA": partial(CompressedSparseAttention, 16, 4, count=2, index_heads=3, index_size=6, **SIZES),
}


def deepseek_v4(layer, x):
    """transformers' layer of this kind, and what it makes of x."""
    config = DeepseekV4Config(
        hidden_size=16,
        num_attention_heads=4,
        head_dim=8,
        qk_rope_head_dim=4,
        q_lora_rank=12,
        o_groups=2,
        o_lora_rank=5,
        num_hidden_layers=3,
        layer_types=KINDS,
        mlp_layer_types=["moe"] * 3,
        compress_rates={"heavily_compressed_attention": 4, "compressed_sparse_attention": 2},
        sliding_window=3,
        index_n_heads=6,
        index_head_dim=6,
        index_topk=2,
        attn_implementation="eager",
    )
    places = torch.arange(x.shape[1]).expand(len(x), -1)
    hidden = ~(masks.Causal() & masks.Window(3)).dense(x.shape[1]).expand(len(x), -1, -1, -1)
    with in_double():
        theirs = randomized(DeepseekV4Attention(config, layer))
        rotary = DeepseekV4RotaryEmbedding(config)
        turns = {kind: rotary(x, places, layer_type=kind) for kind in ("main", "compress")}
        bias = torch.zeros(hidden.shape).masked_fill(hidden, -torch.inf)
        return theirs, theirs(x, turns, places, bias)[0]


def take(ours, theirs):
    """Their weights in our layer."""
    names = {
        "query_latent.0.weight": "q_a_proj.weight",
        "query_latent.1.weight": "q_a_norm.weight",
        "query.weight": "q_b_proj.weight",
        "state.weight": "kv_proj.weight",
        "norm.weight": "kv_norm.weight",
        "output.1.weight": "o_b_proj.weight",
        "attend.normalize.sink": "sinks",
        "index_query.weight": "compressor.indexer.q_b_proj.weight",
        "index_weight.weight": "compressor.indexer.scorer.weights_proj.weight",
    }
    for mine, its in (("compress", "compressor"), ("index_entries", "compressor.indexer")):
        names |= {
            f"{mine}.content.weight": f"{its}.kv_proj.weight",
            f"{mine}.gate.weight": f"{its}.gate_proj.weight",
            f"{mine}.places": f"{its}.position_bias",
            f"{mine}.norm.weight": f"{its}.kv_norm.weight",
        }
    states = theirs.state_dict()
    loaded = {mine: states[its] for mine, its in names.items() if its in states}
    loaded["output.0.weight"] = states["o_a_proj.weight"].unflatten(0, (2, -1))
    ours.double().load_state_dict(loaded)
    return ours


@pytest.mark.parametrize("length", [1, 3, 11])
def test_one_state_as_key_and_value_equals_deepseek_v4(length):
    x = normal(2, length, 16)
    theirs, expected = deepseek_v4(0, x)
    ours = take(SharedStateAttention(16, 4, **SHARED), theirs)
    assert_agree(ours(x, mask=masks.Causal() & masks.Window(3)), expected, [x])


@pytest.mark.parametrize("length", [1, 3, 4, 11])
def test_heavily_compressed_attention_equals_deepseek_v4(length):
    x = normal(2, length, 16)
    theirs, expected = deepseek_v4(1, x)
    layer = HeavilyCompressedAttention(16, 4, length=4, window=3, base=160_000.0, **SHARED)
    assert_agree(take(layer, theirs)(x), expected, [x])


@pytest.mark.parametrize("length", [1, 3, 4, 11])
def test_compressed_sparse_attention_equals_deepseek_v4(length):
    x = normal(2, length, 16)
    theirs, expected = deepseek_v4(2, x)
    sizes = {"length": 2, "window": 3, "count": 2, "index_heads": 6, "index_size": 6}
    layer = CompressedSparseAttention(16, 4, base=160_000.0, **sizes, **SHARED)
    assert_agree(take(layer, theirs)(x), expected, [x])


@pytest.mark.parametrize("steps", [[1] * 11, [2, 5, 1, 3]], ids=str)
@pytest.mark.parametrize("make", CACHED.values(), ids=CACHED)
def test_a_cache_gives_compressed_attention_what_one_pass_gives(make, steps):
    """With tokens hidden from all, too: no entry that is made of one is seen."""
    layer = randomized(make().double())
    x, real = normal(2, 11, 16).detach(), torch.arange(11) >= torch.tensor([[0], [3]])
    for mask in (None, real[:, None, None]):
        cache, parts = CompressedCache(2, window=3), []
        for some in x.split(steps, dim=1):
            end = cache.length + some.shape[1]
            so_far = mask if mask is None else mask[..., :end].expand(-1, -1, some.shape[1], -1)
            parts.append(layer(some, mask=so_far, cache=cache))
        expected = layer(x, mask=mask if mask is None else mask.expand(-1, -1, 11, -1))
        torch.testing.assert_close(torch.cat(parts, dim=1), expected, rtol=0, atol=1e-12)
        assert (cache.length, cache.entries.number, cache._states.shape[2]) == (11, 5, 2)


def test_a_compressed_cache_is_of_one_stride_one_window_and_one_batch():
    layer, cache = CACHED["HCA"](), CompressedCache(2, window=3)
    layer(torch.zeros(2, 3, 16), cache=cache)
    with pytest.raises(ValueError, match="states has 1 sequences, but the cache holds 2"):
        layer(torch.zeros(1, 1, 16), cache=cache)
    with pytest.raises(ValueError, match="stride 2 and window 4, but the layer has 2 and 3"):
        layer(torch.zeros(2, 1, 16), cache=CompressedCache(2, window=4))
    assert (cache.length, cache.entries.number) == (3, 1)


def test_the_output_of_a_shared_state_does_not_tell_where_the_text_stands():
    """Turned back, the output depends on distances only: the places moved by 5 change nothing."""
    layer = SharedStateAttention(16, 4, **SHARED).double()
    x, places = normal(1, 6, 16), torch.arange(6)
    query = layer._turned_query(layer.query_latent(x), places)
    state = layer._turned_state(x, places)
    plain = layer._answer(query, state, masks.Causal(), places)
    query, state = layer._turn(query, places * 0 + 5), layer._turn(state, places * 0 + 5)
    moved = layer._answer(query, state, masks.Causal(), places + 5)
    torch.testing.assert_close(moved, plain, **EXACT)


def test_an_entry_is_the_softmax_weighted_sum_of_its_window_channel_by_channel():
    windows = GatedWindows(6, 4, length=3).double()
    x = normal(1, 8, 6)
    content, gate = windows.content(x)[0], windows.gate(x)[0]
    for number, entry in enumerate(windows(x)[0]):
        tokens = range(3 * number, 3 * number + 3)
        gates = torch.stack([(gate[t] + windows.places[t % 3]).exp() for t in tokens])
        total = sum(g * content[t] for g, t in zip(gates, tokens, strict=True)) / gates.sum(0)
        torch.testing.assert_close(entry, windows.norm(total), **EXACT)
    assert windows(x).shape == (1, 2, 4)


def test_an_entry_is_seen_when_every_token_behind_it_may_be():
    plain = GatedWindows(6, 4, length=2).finished(masks.Causal().dense(7))[0, 0]
    assert plain.sum(-1).tolist() == [0, 1, 1, 2, 2, 3, 3]
    hidden = masks.Causal() & ~masks.Prefix(1)  # token 0: the entries 0 and, overlapping, 1
    seen = GatedWindows(6, 4, length=2, overlapping=True).finished(hidden.dense(7))[0, 0]
    assert seen.int()[-1].tolist() == [0, 0, 1]
