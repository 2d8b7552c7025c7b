"""Selected keys against PyTorch with the mask, transformers' indexer, and the papers' equations."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from transformers import DeepseekV32Config
from transformers.models.deepseek_v32.modeling_deepseek_v32 import DeepseekV32Indexer

from attnlib import attention, masks, record_attention
from attnlib.heads.latent import LatentAttention
from attnlib.sparse import lightning, mixture_of_blocks, top_k
from attnlib.sparse._best import best
from attnlib.sparse._compression import block_importance
from attnlib.sparse.lightning import LightningIndexer
from attnlib.sparse.mixture_of_blocks import mixture_of_block_attention
from attnlib.sparse.native import NativeSparseAttention
from attnlib.sparse.top_k import top_k_attention
from oracles.agreement import CASES, assert_agree, normal, queries_keys_values


def repeated(states, query):
    return states.repeat_interleave(query.shape[1] // states.shape[1], dim=1)


def pytorch(query, key, value, allowed):
    key, value = repeated(key, query), repeated(value, query)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=allowed)


def test_the_best_are_taken_and_of_equals_the_first():
    scores = torch.tensor([[1.0, 3.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0], [9.0, 8.0, 7.0, 1.0]])
    allowed = torch.tensor([[True] * 4, [True] * 4, [False, False, False, True]])
    assert best(scores, 2, allowed).int().tolist() == [[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]]


@CASES
@given(queries_keys_values(), st.integers(1, 6))
def test_top_k_equals_pytorch_on_the_keys_that_torch_topk_finds(case, count):
    query, key, value = case
    seen = top_k_attention(query, key, value, count=count)
    scores = query @ repeated(key, query).mT
    chosen = scores.topk(min(count, scores.shape[-1]), dim=-1).indices
    allowed = torch.zeros_like(scores, dtype=torch.bool).scatter(-1, chosen, True)
    assert torch.equal(seen.mask.dense(*scores.shape[2:]), allowed)
    assert_agree(seen.output, pytorch(query, key, value, allowed), case)


def test_top_k_chooses_among_what_the_mask_allows():
    query, key, value = (normal(2, 2, 6, 4, seed=seed) for seed in range(3))
    seen = top_k_attention(query, key, value, count=2, mask=masks.Causal())
    allowed = seen.mask.dense(6)
    assert allowed.sum(-1)[0, 0].tolist() == [1, 2, 2, 2, 2, 2]
    assert not allowed.triu(1).any()
    everything = top_k_attention(query, key, value, count=6, mask=masks.Causal()).output
    expected = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    assert_agree(everything, expected, (query, key, value))


def test_top_k_never_reads_what_padding_hides():
    query, key, value = (normal(1, 1, 4, 2, seed=seed).detach() for seed in range(3))
    key[:, :, 3] = value[:, :, 3] = torch.nan
    padding = masks.Padding(torch.tensor([3]))
    seen = top_k_attention(query, key, value, count=2, mask=padding)
    expected = top_k_attention(query, key[:, :, :3], value[:, :, :3], count=2)
    torch.testing.assert_close(seen.output, expected.output)


def routed_tokens(query, key, block, count, mask=None):
    """Equations 5 and 6 and the two rules for causality, query by query (MoBA, section 2.2).

    With a further mask a block is its tokens that anyone sees, and is taken whole or not at all.
    """
    (queries, _), keys = query.shape, len(key)
    mask = torch.ones(queries, keys, dtype=torch.bool) if mask is None else mask
    seen_by = mask.tril(keys - queries)  # to the query's own place
    there = [j for j in range(keys) if seen_by[:, j].any()]
    rows = []
    for t in range(queries):
        place = t + keys - queries
        affinity = {}
        for i in range(math.ceil(keys / block)):
            tokens = [j for j in there if j // block == i]
            past = (i + 1) * block <= place  # the own block is neither this nor later
            if past and tokens and all(mask[t, j] for j in tokens):
                affinity[i] = (query[t] @ key[tokens].mean(dim=0)).item()
        best_first = sorted(affinity, key=affinity.get, reverse=True)
        blocks = {place // block, *best_first[: count - 1]}
        rows.append([j <= place and j // block in blocks and bool(mask[t, j]) for j in range(keys)])
    return torch.tensor(rows)


@pytest.mark.parametrize("count", [1, 2, 3, 9])
@pytest.mark.parametrize(("queries", "keys"), [(11, 11), (3, 11), (12, 12), (1, 1)])
def test_mixture_of_block_attention_equals_loops_over_the_papers_gate(count, queries, keys):
    query = normal(2, 4, queries, 4)
    key, value = normal(2, 2, keys, 4, seed=1), normal(2, 2, keys, 3, seed=2)
    seen = mixture_of_block_attention(query, key, value, block=3, count=count)
    wide = repeated(key, query)
    allowed = torch.stack(
        [
            torch.stack([routed_tokens(query[b, h], wide[b, h], 3, count) for h in range(4)])
            for b in range(2)
        ]
    )
    assert torch.equal(seen.mask.dense(queries, keys), allowed)
    assert_agree(seen.output, pytorch(query, key, value, allowed), (query, key, value))


FURTHER = {
    "padding on the right": masks.Padding(torch.tensor([9, 11])),
    "padding on the left": masks.Padding(torch.tensor([6, 11]), side="left"),
    "documents": masks.Document(torch.tensor([0] * 5 + [1] * 6)),
    "booleans per head": torch.rand(2, 4, 11, 11, generator=torch.Generator().manual_seed(3)) < 0.9,
}


@pytest.mark.parametrize("mask", FURTHER.values(), ids=FURTHER)
@pytest.mark.parametrize("count", [2, 3])
def test_blocks_are_chosen_by_what_the_mask_shows(mask, count):
    query, key = normal(2, 4, 11, 4).detach(), normal(2, 4, 11, 4, seed=1).detach()
    allowed = masks.as_mask(mask).dense(11).expand(2, 4, 11, 11)
    ours = mixture_of_blocks.select(query, key, block=3, count=count, mask=mask).allowed
    for b in range(2):
        for h in range(4):
            expected = routed_tokens(query[b, h], key[b, h], 3, count, allowed[b, h])
            assert torch.equal(ours[b, h], expected)


def test_heads_that_share_keys_share_what_the_mask_shows_to_any_of_them():
    query, key = normal(1, 4, 6, 4).detach(), normal(1, 2, 6, 4, seed=1).detach()
    shown = torch.ones(1, 4, 6, 6, dtype=torch.bool)
    shown[0, 1::2, :, 0] = False  # of each pair of heads, the second one does not see token 0
    ours = mixture_of_blocks.select(query, key, block=2, count=2, mask=shown).allowed
    alone = mixture_of_blocks.select(query, key, block=2, count=2).allowed
    assert torch.equal(ours[:, ::2], alone[:, ::2])
    assert not ours[:, 1::2, 2:, :2].any()  # nor the rest of its block, whose mean holds it


def test_a_block_by_hand():
    """Means of the past blocks 1 and −1, so the query 1 takes the first, and −1 the second."""
    key = torch.tensor([2.0, 0.0, 0.0, -2.0, 5.0, 5.0]).view(1, 1, 6, 1)
    query = torch.tensor([1.0, 1.0, -1.0, -1.0, 1.0, -1.0]).view(1, 1, 6, 1)
    mask = mixture_of_blocks.select(query, key, block=2, count=2)
    assert mask.text().splitlines() == [
        "■ · · · · ·",
        "■ ■ · · · ·",
        "■ ■ ■ · · ·",
        "■ ■ ■ ■ · ·",
        "■ ■ · · ■ ·",
        "· · ■ ■ ■ ■",
    ]


def indexers(count):
    config = DeepseekV32Config(
        hidden_size=16,
        q_lora_rank=16,
        index_n_heads=16,
        index_head_dim=8,
        index_topk=count,
        qk_rope_head_dim=4,
    )
    theirs = DeepseekV32Indexer(config, layer_idx=0).double()
    theirs.k_norm = torch.nn.Identity()  # in the released model, not in the paper's equation
    ours = LightningIndexer(16, 16, head_size=8, count=count).double()
    ours.query.weight.data.copy_(theirs.wq_b.weight)
    ours.key.weight.data.copy_(theirs.wk.weight)
    ours.weight.weight.data.copy_(theirs.weights_proj.weight)
    return ours, theirs


@pytest.mark.parametrize("count", [1, 4, 9])
def test_the_lightning_indexer_selects_what_deepseek_v32_does(count):
    ours, theirs = indexers(count)
    x = normal(2, 9, 16)
    future = torch.full((9, 9), -torch.inf).triu(1)
    unturned = torch.ones(2, 9, 4).double(), torch.zeros(2, 9, 4).double()
    found = theirs(x, x, unturned, future, None).long()
    expected = torch.zeros(2, 9, 9, dtype=torch.bool).scatter(-1, found, True).tril()
    scores = ours.scores(x)[:, 0].masked_fill(future != 0, -torch.inf)
    assert len(scores[scores.isfinite()].unique()) == 2 * 45  # no ties from ReLU's 0
    assert torch.equal(ours(x).allowed[:, 0], expected)


def test_index_scores_are_the_papers_sum():
    query, key, weight = normal(1, 2, 3, 4), normal(1, 1, 5, 4, seed=1), normal(1, 2, 3, seed=2)
    scores = lightning.index_scores(query, key, weight)
    for t in range(3):
        for s in range(5):
            expected = sum(
                weight[0, j, t].item() * max(0.0, (query[0, j, t] @ key[0, 0, s]).item())
                for j in range(2)
            )
            assert scores[0, 0, t, s].item() == pytest.approx(expected, rel=1e-12)


def test_latent_attention_over_the_selection_is_deepseek_sparse_attention():
    x, indexer = normal(2, 9, 16), LightningIndexer(16, 3, head_size=8, count=3).double()
    layer = LatentAttention(16, heads=4, head_size=4, latent_size=6, rotary_size=2).double()
    mask = indexer(x)
    assert mask.allowed.sum(-1)[0, 0].tolist() == [1, 2, 3, 3, 3, 3, 3, 3, 3]
    with record_attention(layer) as maps:
        layer(x, mask=mask)
    seen = maps[""]
    assert torch.equal(seen.weights > 0, mask.allowed.expand(2, 4, 9, 9))
    expected = F.scaled_dot_product_attention(
        seen.query, seen.key, seen.value, attn_mask=mask.allowed
    )
    torch.testing.assert_close(seen.output, expected)


def test_the_indexers_loss_is_the_divergence_from_all_heads_together():
    scores = normal(2, 1, 4, 4, seed=3)
    weights = normal(2, 3, 4, 4).detach().masked_fill(torch.ones(4, 4).triu(1) > 0, -torch.inf)
    weights = weights.softmax(dim=-1).requires_grad_()
    allowed = torch.ones(1, 1, 4, 4, dtype=torch.bool).tril()
    loss = lightning.indexer_loss(scores, weights, mask=allowed)
    expected = 0.0
    for b in range(2):
        for t in range(4):
            target = [weights[b, :, t, s].sum().item() / 3 for s in range(t + 1)]
            total = sum(math.exp(scores[b, 0, t, s].item()) for s in range(t + 1))
            guess = [math.exp(scores[b, 0, t, s].item()) / total for s in range(t + 1)]
            expected += sum(p * math.log(p / g) for p, g in zip(target, guess, strict=True)) / 2
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    loss.backward()
    assert scores.grad.isfinite().all()
    assert weights.grad is None


def native(**sizes):
    torch.manual_seed(0)
    options = {"length": 4, "stride": 2, "block": 4, "count": 3, "window": 3} | sizes
    layer = NativeSparseAttention(8, heads=4, key_heads=2, head_size=3, **options).double()
    for parameter in layer.parameters():
        parameter.data.copy_(0.7 * torch.randn_like(parameter))
    return layer


def importance_by_equation_9(weights, length, stride, block, number):
    """With indices from 1, as printed; what lies outside counts 0."""
    p = dict(enumerate(weights, start=1))
    return [
        sum(
            p.get(block // stride * j - m - n, 0.0)
            for m in range(block // stride)
            for n in range(length // stride)
        )
        for j in range(1, number + 1)
    ]


@pytest.mark.parametrize(
    ("length", "stride", "block"), [(4, 2, 4), (4, 2, 8), (2, 2, 2), (6, 2, 4)]
)
def test_the_importance_of_a_block_is_equation_9(length, stride, block):
    number = (17 - length) // stride + 1
    weights = normal(1, 1, 17, number).detach().softmax(dim=-1)
    ours = block_importance(weights, length=length, stride=stride, block=block)
    blocks = math.ceil(17 / block)
    for t in range(17):
        row = weights[0, 0, t].tolist()
        expected = importance_by_equation_9(row, length, stride, block, blocks)
        assert ours[0, 0, t].tolist() == pytest.approx(expected, rel=1e-12)


def one_query(query, keys, values):
    """softmax(q·Kᵀ/√D)·V for one vector, 0 where there is no key; and the weights."""
    if len(keys) == 0:
        return torch.zeros_like(query), []
    weights = (keys @ query / math.sqrt(len(query))).softmax(dim=0)
    return weights @ values, weights.tolist()


def native_by_hand(layer, x, mask=None):
    """Equations 5 to 12, token by token, for one sequence (T, E); a mask may hide some more."""
    mask = torch.ones(len(x), len(x), dtype=torch.bool) if mask is None else mask
    length, stride, block = layer.length, layer.stride, layer.block
    query = layer.query(x).unflatten(-1, (4, 3))
    keys, values = (p(x).unflatten(-1, (3, 2, 3)) for p in (layer.key, layer.value))
    gates = layer.gate(x).sigmoid().unflatten(-1, (3, 4))
    outputs, chosen = [], []
    for t in range(len(x)):
        heads, chosen_blocks = [None] * 4, []
        for group in range(2):
            starts = [s for s in range(0, len(x), stride) if s + length <= t + 1]
            overviews = [n for n, s in enumerate(starts) if mask[t, s : s + length].all()]
            pressed = [
                [
                    press.network((states[s : s + length, 0, group] + press.places).flatten())
                    for s in starts
                ]
                for press, states in ((layer.compress_key, keys), (layer.compress_value, values))
            ]
            pressed = [torch.stack(p) if p else torch.zeros(0, 3).double() for p in pressed]
            shown = [p[overviews] for p in pressed]
            overview = {h: one_query(query[t, h], *shown) for h in (2 * group, 2 * group + 1)}
            own = t // block
            importance = [0.0] * (own + 1)
            for _, weights in overview.values():
                weights = dict(zip(overviews, weights, strict=True))
                weights = [weights.get(n, 0.0) for n in range(len(starts))]
                parts = importance_by_equation_9(weights, length, stride, block, own + 1)
                importance = [a + b for a, b in zip(importance, parts, strict=True)]
            held = {s // block for s in range(t + 1) if mask[t, s]}
            always = {0, own, max(own - 1, 0)} & held
            others = sorted(held - always, key=lambda j: -importance[j])
            blocks = always | set(others[: layer.count - len(always)])
            chosen_blocks.append(blocks)
            tokens = [s for s in range(t + 1) if s // block in blocks and mask[t, s]]
            near = range(max(0, t - layer.window.width + 1), t + 1)
            near = [s for s in near if mask[t, s]]
            for h, (compressed, _) in overview.items():
                branches = [
                    compressed,
                    one_query(query[t, h], keys[tokens, 1, group], values[tokens, 1, group])[0],
                    one_query(query[t, h], keys[near, 2, group], values[near, 2, group])[0],
                ]
                heads[h] = sum(gates[t, c, h] * branches[c] for c in range(3))
        outputs.append(layer.output(torch.cat(heads)))
        chosen.append(chosen_blocks)
    return torch.stack(outputs), chosen


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"length": 8, "stride": 2, "block": 4},
        {"length": 2, "stride": 1, "block": 2},
        {"length": 2, "stride": 2, "block": 2, "count": 3},
    ],
)
def test_native_equals_the_papers_equations_token_by_token(sizes):
    layer, x = native(**({"count": 4} | sizes)), normal(1, 19, 8)
    with record_attention(layer) as maps:
        output = layer(x)
    expected, blocks = native_by_hand(layer, x[0])
    assert_agree(output[0], expected, (x, layer.gate.weight, layer.compress_key.places))
    allowed = maps["selected"].mask.dense(19)
    for t in range(19):
        for h in range(4):
            seen = {s for s in range(19) if allowed[0, h, t, s]}
            assert seen == {s for s in range(t + 1) if s // layer.block in blocks[t][h // 2]}


NATIVE_MASKS = {
    "padding on the left": masks.Padding(torch.tensor([13]), side="left"),
    "documents": masks.Document(torch.tensor([0] * 7 + [1] * 12)),
    "booleans": torch.rand(19, 19, generator=torch.Generator().manual_seed(3)) < 0.9,
}


@pytest.mark.parametrize("mask", NATIVE_MASKS.values(), ids=NATIVE_MASKS)
def test_native_with_a_mask_reads_what_the_mask_shows(mask):
    layer, x = native(length=2, stride=1, block=2), normal(1, 19, 8)
    allowed = masks.as_mask(mask).dense(19)[0, 0]
    expected, blocks = native_by_hand(layer, x[0], allowed)
    with record_attention(layer) as maps:
        output = layer(x, mask=mask)
    assert_agree(output[0], expected, (x, layer.gate.weight, layer.compress_key.places))
    chosen = maps["selected"].mask.dense(19)
    for t in range(19):
        for h in range(4):
            seen = {s for s in range(t + 1) if s // 2 in blocks[t][h // 2] and allowed[t, s]}
            assert seen == {s for s in range(19) if chosen[0, h, t, s]}


def test_padding_on_the_right_changes_nothing_in_native():
    layer, x = native(), normal(1, 19, 8).detach()
    padded = torch.cat((x[:, :14], torch.full((1, 5, 8), torch.nan).double()), dim=1)
    there = torch.arange(19) < 14
    ours = layer(padded, mask=there & there[:, None])
    torch.testing.assert_close(ours[:, :14], layer(x[:, :14]), rtol=1e-12, atol=1e-12)
    ours.sum().backward()
    assert all(weight.grad.isfinite().all() for weight in layer.parameters())


def test_native_is_one_of_three_branches_when_the_other_gates_are_shut():
    layer, x = native(count=3, block=2), normal(2, 19, 8)
    torch.nn.init.zeros_(layer.gate.weight)
    with record_attention(layer) as maps:
        for branch, name in enumerate(("compressed", "selected", "windowed")):
            torch.nn.init.constant_(layer.gate.bias, -100.0)
            layer.gate.bias.data[4 * branch : 4 * branch + 4] = 100.0
            output = layer(x)
            seen = maps[name]
            allowed = seen.mask.dense(19, seen.key.shape[2])
            expected = pytorch(seen.query, seen.key, seen.value, allowed)
            assert (allowed.sum(-1) > 0).all() or name == "compressed"
            flat = expected.transpose(1, 2).flatten(2)
            torch.testing.assert_close(output, layer.output(flat), rtol=1e-9, atol=1e-10)


Q, K, V = (normal(2, 4, 6, 4, seed=seed).detach() for seed in range(3))
BAD = [
    (lambda: top_k_attention(Q, K, V, count=0), ValueError, "count must be at least 1, got 0"),
    (lambda: top_k_attention(Q, K, V, count=1.5), TypeError, "count must be a whole number"),
    (lambda: top_k_attention(Q, K[..., :3], V, count=2), ValueError, "key has size 3"),
    (
        lambda: top_k_attention(Q, K, V, count=2, mask=torch.ones(6, 5) > 0),
        ValueError,
        "mask has 5 keys",
    ),
    (lambda: top_k.select(Q, K.float(), count=2), TypeError, "key is torch.float32"),
    (
        lambda: mixture_of_block_attention(Q, K, V, block=0, count=1),
        ValueError,
        "block must be at least 1",
    ),
    (
        lambda: mixture_of_block_attention(Q, K, V, block=2, count=0),
        ValueError,
        "count must be at least 1",
    ),
    (
        lambda: mixture_of_block_attention(Q, K[:, :3], V[:, :3], block=2, count=1),
        ValueError,
        "4 heads",
    ),
    (
        lambda: lightning.index_scores(Q, K, V[..., 0]),
        ValueError,
        r"key must have the axes \(B, 1, Tk, C\)",
    ),
    (
        lambda: lightning.index_scores(Q, K[:, :1], V),
        ValueError,
        r"weight must have the axes \(B, I, Tq\)",
    ),
    (lambda: LightningIndexer(8, 0, head_size=2, count=1), ValueError, "heads must be at least 1"),
    (
        lambda: LightningIndexer(8, 2, head_size=2, count=1)(torch.ones(2, 3, 9)),
        ValueError,
        "x must",
    ),
    (lambda: native(count=2), ValueError, "count must be at least 3, got 2"),
    (lambda: native(length=5), ValueError, "length 5 is not a multiple of stride 2"),
    (lambda: native(block=3), ValueError, "block 3 is not a multiple of stride 2"),
    (lambda: native(window=0), ValueError, "width"),
    (lambda: native()(normal(2, 6, 9)), ValueError, r"x must have the axes \(B, T, 8\)"),
    (lambda: NativeSparseAttention(8, heads=4, key_heads=3), ValueError, "not a multiple"),
]


@pytest.mark.parametrize(("call", "kind", "message"), BAD)
def test_what_does_not_fit_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_fewer_tokens_than_a_compressed_block_see_no_overview():
    layer, x = native(), normal(2, 3, 8)
    with record_attention(layer) as maps:
        assert layer(x).isfinite().all()
    assert (maps["compressed"].output == 0).all()


def test_more_queries_than_keys_leave_the_first_with_nothing():
    seen = mixture_of_block_attention(Q, K[:, :, :4], V[:, :, :4], block=2, count=2)
    assert (seen.output[:, :, :2] == 0).all()
    assert torch.equal(seen.mask.dense(6, 4).any(-1)[0, 0], torch.arange(6) >= 2)
    assert attention(Q, K[:, :, :4], V[:, :, :4], mask=seen.mask).output.isfinite().all()
