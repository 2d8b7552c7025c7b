"""Keys chosen in 2020 to 2026 against transformers, and against loops over the papers' rules."""

from functools import partial

import pytest
import torch
from torch import nn
from transformers import (
    DogeConfig,
    GlmMoeDsaConfig,
    LongformerConfig,
    LongT5Config,
    MiniMaxM3VLTextConfig,
    Qwen4ExpTextConfig,
)
from transformers.models.doge.modeling_doge import DogeAttention
from transformers.models.glm_moe_dsa.modeling_glm_moe_dsa import GlmMoeDsaAttention
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention
from transformers.models.longt5.modeling_longt5 import LongT5TransientGlobalAttention
from transformers.models.minimax_m3_vl.modeling_minimax_m3_vl import MiniMaxM3VLIndexer
from transformers.models.qwen4_exp.modeling_qwen4_exp import Qwen4ExpTextQSAIndexer

from attnlib import attention, masks
from attnlib.heads import GlobalTokensAttention, LatentAttention, TransientGlobalAttention
from attnlib.layout import split_heads
from attnlib.positions import angles, frequencies, rotate
from attnlib.sparse import heavy_hitters, max_blocks, observed, page_bounds, switchable
from attnlib.sparse.block_gate import BlockGate, gate_loss
from attnlib.sparse.dynamic_mask import DynamicMaskAttention
from attnlib.sparse.lightning import LightningIndexer
from attnlib.sparse.mean_blocks import MeanBlockIndexer
from attnlib.sparse.reuse import ReusedIndex
from oracles.agreement import assert_agree, normal
from oracles.in_double import in_double
from oracles.models import randomized

HALF = partial(rotate, pairing="half")


def turned(places, size):
    """cos and sin as transformers hands them to a layer."""
    both = torch.cat([angles(places, frequencies(size))] * 2, dim=-1).unsqueeze(0)
    return both.cos(), both.sin()


def bias_of(allowed):
    return torch.zeros(allowed.shape).double().masked_fill(~allowed, -torch.inf)


def causal_bias(length):
    return bias_of(masks.Causal().dense(length))


@pytest.mark.parametrize("local", [0, 1, 2])
@pytest.mark.parametrize("length", [1, 4, 13])
def test_blocks_by_their_best_key_are_those_of_minimax_m3(length, local):
    config = MiniMaxM3VLTextConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        index_head_dim=8,
        index_n_heads=2,
        index_block_size=3,
        index_topk_blocks=2,
        index_local_blocks=local,
    )
    x, places = normal(2, length, 16).detach(), torch.arange(length)
    with in_double():
        theirs = randomized(MiniMaxM3VLIndexer(config, 0))
        ids = places.expand(2, -1)
        chosen = theirs(x, turned(places, 8), None, ids)
        expected = theirs.build_block_mask(chosen, None, length, x.dtype, x.device, ids) == 0
        query = theirs.q_norm(split_heads(theirs.q_proj(x), 2))
        key = theirs.k_norm(split_heads(theirs.k_proj(x), 1))
    options = {"heads": 4, "block": 3, "count": 2, "local": local}
    ours = max_blocks.select(HALF(query, places), HALF(key, places), **options)
    assert torch.equal(ours.allowed, expected)


@pytest.mark.parametrize("length", [1, 3, 4, 14])
def test_blocks_by_their_mean_are_those_of_qwen(length):
    config = Qwen4ExpTextConfig(
        hidden_size=16,
        head_dim=8,
        indexer_n_heads=3,
        indexer_kv_heads=1,
        indexer_head_dim=8,
        indexer_budget=6,
        indexer_compress_ratio=3,
    )
    x, places = normal(2, length, 16).detach(), torch.arange(length)
    with in_double():
        theirs = randomized(Qwen4ExpTextQSAIndexer(config, 0))
        cos, sin = (part.expand(2, -1, -1) for part in turned(places, 8))
        allowed = masks.Causal().dense(length).expand(2, -1, -1, -1)
        expected = theirs(x, (cos, sin), allowed, None) & allowed
    ours = MeanBlockIndexer(16, 3, head_size=8, block=3, count=2, turn=HALF).double()
    query, key = theirs.index_qk_proj.weight.split([24, 8])
    states = {"query.weight": query, "key.weight": key}
    states["query_norm.weight"] = theirs.q_layernorm.weight + 1
    states["key_norm.weight"] = theirs.k_layernorm.weight + 1
    ours.load_state_dict(states)
    assert torch.equal(ours(x).allowed, expected)


def glm(layer):
    config = GlmMoeDsaConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=4,
        num_hidden_layers=2,
        q_lora_rank=8,
        kv_lora_rank=6,
        qk_rope_head_dim=2,
        qk_nope_head_dim=4,
        v_head_dim=5,
        index_n_heads=3,
        index_head_dim=4,
        index_topk=3,
        indexer_types=["full", "shared"],
        attn_implementation="eager",
    )
    return randomized(GlmMoeDsaAttention(config, layer))


def test_a_layer_that_reuses_the_choice_equals_glm_5():
    x, y, places = normal(2, 7, 16).detach(), normal(2, 7, 16, seed=1), torch.arange(7)
    with in_double():
        first, later = glm(0), glm(1)
        chosen = first(x, turned(places, 2), causal_bias(7), None, places)[2]
        expected = later(y, turned(places, 2), causal_bias(7), None, places, chosen)[0]
    ours = LatentAttention(
        16,
        4,
        head_size=4,
        value_head_size=5,
        latent_size=6,
        rotary_size=2,
        query_latent_size=8,
    ).double()
    down, rotary_key = later.kv_a_proj_with_mqa.weight.split([6, 2])
    up_key, up_value = later.kv_b_proj.weight.unflatten(0, (4, 9)).split([4, 5], dim=1)
    names = {"q_a_proj": "query.0", "q_a_layernorm": "query.1", "q_b_proj": "query.2"}
    names |= {"kv_a_layernorm": "norm", "o_proj": "output"}
    states = {f"{ours}.weight": getattr(later, its).weight for its, ours in names.items()}
    states |= {"down.weight": down, "rotary_key.weight": rotary_key}
    states |= {"up_key.weight": up_key.flatten(0, 1), "up_value.weight": up_value.flatten(0, 1)}
    ours.load_state_dict(states)

    picked = torch.zeros(2, 1, 7, 7, dtype=torch.bool).scatter(-1, chosen.long().unsqueeze(1), True)
    before = masks.Dense(picked & masks.Causal().dense(7))
    index = ReusedIndex([LightningIndexer(16, 3, head_size=4, count=3), None])
    assert_agree(ours(y, mask=index(y, layer=1, before=before)), expected, [y])


def test_reused_indices_run_an_indexer_only_where_there_is_one():
    x = normal(2, 7, 16).detach().float()
    own = LightningIndexer(16, 3, head_size=4, count=3)
    index = ReusedIndex([own, None])
    first = index(x, layer=0)
    assert torch.equal(first.allowed, own(x).allowed)
    assert index(x + 1, layer=1, before=first) is first
    with pytest.raises(ValueError, match="layer 1 reuses a selection"):
        index(x, layer=1)
    with pytest.raises(ValueError, match="must begin with an indexer"):
        ReusedIndex([None, own])


def test_a_dynamic_mask_equals_doge():
    config = DogeConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        keep_window_size=3,
        attn_implementation="eager",
    )
    x, places = normal(2, 8, 16), torch.arange(8)
    with in_double():
        theirs = randomized(DogeAttention(config, 0))
        theirs.dt_proj.weight.data *= 3
        expected = theirs(x, turned(places, 4), causal_bias(8))[0]
    norm = partial(nn.RMSNorm, eps=1e-6)
    options = {"projection_bias": False, "turn": HALF, "head_norm": norm}
    ours = DynamicMaskAttention(16, 4, key_heads=2, count=3, **options).double()
    names = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "output": "o_proj"}
    names |= {"want": "dt_proj", "query_norm": "q_norm", "key_norm": "k_norm"}
    states = {f"{mine}.weight": getattr(theirs, its).weight for mine, its in names.items()}
    ours.load_state_dict(states | {"strength": theirs.A})
    assert_agree(ours(x), expected, [x])


def test_global_tokens_equal_longformer():
    config = LongformerConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_hidden_layers=1,
        attention_window=[4],
        attention_probs_dropout_prob=0.0,
    )
    x = normal(2, 12, 16)
    kind = torch.zeros(2, 12)
    kind[:, [0, 5]] = 10_000.0
    kind[1, 10:] = -10_000.0  # padding
    kind[1, 7] = 10_000.0
    with in_double():
        theirs = randomized(LongformerSelfAttention(config, 0))
        expected = theirs(x, kind.double(), kind < 0, kind > 0, True)[0]
    ours = GlobalTokensAttention(16, 4, window=3).double()
    states = {"near.output.weight": torch.eye(16), "near.output.bias": torch.zeros(16)}
    for name in ("query", "key", "value"):
        for kind_of in ("weight", "bias"):
            states[f"near.{name}.{kind_of}"] = getattr(getattr(theirs, name), kind_of)
            states[f"{name}.{kind_of}"] = getattr(getattr(theirs, f"{name}_global"), kind_of)
    ours.load_state_dict(states)
    padding = masks.Padding(torch.tensor([12, 10]))
    there = (kind >= 0).unsqueeze(-1)
    assert_agree(ours(x, kind > 0, mask=padding) * there, expected * there, [x])


@pytest.mark.parametrize("length", [3, 8, 11])
def test_transient_global_attention_equals_longt5(length):
    config = LongT5Config(
        d_model=16,
        d_kv=4,
        num_heads=4,
        local_radius=3,
        global_block_size=4,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=20,
        dropout_rate=0.0,
    )
    x = normal(2, length, 16)
    with in_double():
        theirs = randomized(LongT5TransientGlobalAttention(config, True))
        expected = theirs(x, mask=torch.ones(2, length))[0]
    ours = TransientGlobalAttention(16, 4, radius=3, block=4, buckets=8, longest=20).double()
    names = {"query": "q", "key": "k", "value": "v", "output": "o"}
    names["norm"] = "global_input_layer_norm"
    states = {f"{mine}.weight": getattr(theirs, its).weight for mine, its in names.items()}
    states["near_bias.table"] = theirs.relative_attention_bias.weight
    states["block_bias.table"] = theirs.global_relative_attention_bias.weight
    ours.load_state_dict(states)
    assert_agree(ours(x), expected, [x])


def test_heavy_hitters_follow_a_decoder_that_evicts():
    query, key = normal(1, 4, 9, 3).detach(), normal(1, 2, 9, 3, seed=1).detach()
    ours = heavy_hitters.select(query, key, heavy=2, recent=2).allowed
    for group in range(2):
        kept, drawn = [], {}
        for token in range(9):
            kept.append(token)
            drawn[token] = 0.0
            if len(kept) > 4:
                kept.remove(min((k for k in kept if k <= token - 2), key=drawn.get))
            for head in (2 * group, 2 * group + 1):
                row = query[0, head, token] @ key[0, group, kept].T / 3**0.5
                for place, weight in zip(kept, row.softmax(-1).tolist(), strict=True):
                    drawn[place] += weight
                assert torch.equal(ours[0, head, token].nonzero().flatten(), torch.tensor(kept))


def test_observed_keys_are_those_the_prompts_end_looks_at():
    query, key = normal(1, 4, 12, 3).detach(), normal(1, 2, 12, 3, seed=1).detach()
    kept = observed.select(query, key, observed=3, count=2, pool=3).allowed
    weights = attention(query, key, key, mask=masks.Causal()).rows(slice(9, None))[0]
    for group in range(2):
        votes = weights[2 * group : 2 * group + 2].sum(dim=(0, 1))[:9].tolist()
        smooth = [sum(votes[max(0, j - 1) : j + 2]) / 3 for j in range(9)]
        chosen = sorted(range(9), key=lambda j: -smooth[j])[:2]
        for head in (2 * group, 2 * group + 1):
            expected = torch.tensor([*sorted(chosen), 9, 10, 11])
            assert torch.equal(kept[0, head, 0].nonzero().flatten(), expected)


def test_no_score_in_a_page_is_above_its_bound_and_a_page_of_one_meets_it():
    query, key = normal(1, 4, 5, 3).detach(), normal(1, 2, 11, 3, seed=1).detach()
    scores = query @ key.repeat_interleave(2, dim=1).mT
    highest = page_bounds.bounds(query, key, page=4)
    padded = nn.functional.pad(scores, (0, 1), value=-torch.inf).unflatten(-1, (3, 4))
    assert (padded <= highest.unsqueeze(-1) + 1e-12).all()
    torch.testing.assert_close(page_bounds.bounds(query, key, page=1), scores)


def test_pages_are_the_own_one_and_the_best_of_those_past():
    query, key = normal(1, 2, 11, 3).detach(), normal(1, 2, 11, 3, seed=1).detach()
    ours = page_bounds.select(query, key, page=3, count=2).allowed
    highest = page_bounds.bounds(query, key, page=3)
    for head in range(2):
        for token in range(11):
            past = [p for p in range(4) if 3 * p + 2 <= token and p != token // 3]
            best = sorted(past, key=lambda p: -highest[0, head, token, p].item())[:1]
            pages = {token // 3, *best}
            expected = torch.tensor([k for k in range(token + 1) if k // 3 in pages])
            assert torch.equal(ours[0, head, token].nonzero().flatten(), expected)


@pytest.mark.parametrize("local", [1, 2])
@pytest.mark.parametrize("length", [2, 14])
def test_switched_blocks_follow_the_paper_in_loops(length, local):
    query, key = normal(1, 4, length, 3).detach(), normal(1, 2, length, 3, seed=1).detach()
    sizes = {"block": 3, "count": 3, "length": 4, "stride": 2}
    ours = switchable.select(query, key, local=local, **sizes).allowed
    summaries = [range(i, i + 4) for i in range(0, length - 3, 2)]
    for group in range(2):
        means = [key[0, group, list(span)].mean(dim=0) for span in summaries]
        for token in range(length):
            seen = [i for i, span in enumerate(summaries) if span[-1] <= token]
            drawn = dict.fromkeys(seen, 0.0)
            for head in (2 * group, 2 * group + 1) if seen else ():
                scores = torch.stack([query[0, head, token] @ means[i] / 3**0.5 for i in seen])
                for i, weight in zip(seen, scores.softmax(0).tolist(), strict=True):
                    drawn[i] += weight
            own = token // 3
            always = {0, *range(max(0, own - local + 1), own + 1)}
            others = [block for block in range(own) if block not in always]
            inside = {
                b: [i for i in seen if {*summaries[i]} & {3 * b, 3 * b + 1, 3 * b + 2}]
                for b in others
            }
            best = sorted(others, key=lambda b: -max(drawn[i] for i in inside[b]))
            blocks = always | {*best[: 3 - len(always)]}
            expected = torch.tensor([k for k in range(token + 1) if k // 3 in blocks])
            for head in (2 * group, 2 * group + 1):
                assert torch.equal(ours[0, head, token].nonzero().flatten(), expected)


def pooled(states, block, pool):
    """By PyTorch's pooling: (B, H, T, D) to (B, H, blocks, D), the last block as short as it is."""
    return pool(states.flatten(0, 1).mT, block, ceil_mode=True).mT.unflatten(0, states.shape[:2])


@pytest.mark.parametrize("length", [2, 10, 12])
def test_the_gate_of_blocks_follows_seer_attention(length):
    gate = BlockGate(3, 4, key_heads=2, gate_size=6, block=4, count=2, turn=HALF).double()
    query, key = normal(1, 4, length, 3), normal(1, 2, length, 3, seed=1)
    lowest = -pooled(-key, 4, nn.functional.max_pool1d)
    parts = (pooled(key, 4, nn.functional.max_pool1d), lowest)
    keys = torch.cat((*parts, pooled(key, 4, nn.functional.avg_pool1d)), dim=-1)
    places = torch.arange(0, length, 4)
    asked = HALF(pooled(query, 4, nn.functional.avg_pool1d) @ gate.query, places)
    found = HALF(keys @ gate.key, places).repeat_interleave(2, dim=1)
    assert_agree(gate.scores(query, key), asked @ found.mT / 6**0.5, (query, key))

    chosen = gate(query, key).allowed
    for head in range(4):
        for token in range(length):
            row = (asked @ found.mT)[0, head, token // 4]
            past = sorted(range(token // 4), key=lambda block: -row[block].item())
            blocks = {token // 4, *past[:1]}
            expected = torch.tensor([k for k in range(token + 1) if k // 4 in blocks])
            assert torch.equal(chosen[0, head, token].nonzero().flatten(), expected)


def test_the_gate_learns_from_the_largest_weight_of_each_block():
    query, key = normal(1, 1, 5, 3).detach(), normal(1, 1, 5, 3, seed=1).detach()
    weights = attention(query, key, key, mask=masks.Causal()).weights
    scores = normal(1, 1, 3, 3, seed=2)
    total = 0.0
    for row in range(3):
        spans = [range(2 * block, min(2 * block + 2, 5)) for block in range(row + 1)]
        rows = range(2 * row, min(2 * row + 2, 5))
        largest = [max(weights[0, 0, i, j] for i in rows for j in span) for span in spans]
        target = torch.stack(largest) / sum(largest)
        total += (target * (target.log() - scores[0, 0, row, : row + 1].log_softmax(0))).sum()
    loss = gate_loss(scores, weights, block=2)
    assert_agree(loss, total / 3, (scores,))
    with pytest.raises(ValueError, match="scores has 3 blocks, but weights have 2"):
        gate_loss(scores, weights, block=4)
