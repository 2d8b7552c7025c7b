"""Retrieval, against PyTorch and transformers, or loops written from the papers."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from transformers import PerceiverConfig
from transformers.models.perceiver.modeling_perceiver import PerceiverAttention

from attnlib import masks, record_attention
from attnlib.normalizers import Competition
from attnlib.retrieval.copying import GenerationGate, copy_or_generate
from attnlib.retrieval.hopfield import energy, retrieve
from attnlib.retrieval.latent_queries import LatentQueries
from attnlib.retrieval.pointer import Pointer
from attnlib.retrieval.slots import EPSILON, SlotAttention
from oracles.agreement import CASES, assert_agree, normal


def test_a_pointer_is_the_softmax_over_the_inputs():
    layer = Pointer(3, 5, hidden_size=4).double()
    score = layer.attend.score
    query, key = normal(1, 1, 2, 3), normal(1, 1, 4, 5, seed=1)
    rows = []
    for q in query[0, 0]:
        fits = [
            (score.combine.weight[0] * (score.query.weight @ q + score.key.weight @ k).tanh()).sum()
            for k in key[0, 0]
        ]
        total = sum(fit.exp() for fit in fits)
        rows.append(torch.stack([fit.exp() / total for fit in fits]))
    assert_agree(layer(query, key).weights[0, 0], torch.stack(rows), (query, key))


def test_what_was_named_is_not_named_again():
    named = torch.tensor([[False, True, False]])
    p = (
        Pointer(3, 3, hidden_size=4)
        .double()(normal(1, 1, 1, 3), normal(1, 1, 3, 3), mask=masks.Dense(~named))
        .weights
    )
    assert p[0, 0, 0, 1] == 0
    assert p.sum().item() == pytest.approx(1)


def test_with_everything_named_there_is_nothing_to_point_at():
    nothing = masks.Dense(torch.zeros(1, 3, dtype=torch.bool))
    query = normal(1, 1, 1, 3)
    p = Pointer(3, 3, hidden_size=4).double()(query, normal(1, 1, 3, 3), mask=nothing).weights
    assert p.eq(0).all()
    assert torch.autograd.grad(p.sum(), query)[0].isfinite().all()


def test_each_word_gets_what_is_generated_and_what_is_copied():
    vocabulary = normal(2, 3, 4).softmax(dim=-1)
    weights = normal(2, 3, 5, seed=1).softmax(dim=-1)
    generate = normal(2, 3, 1, seed=2).sigmoid()
    source = torch.tensor([[0, 5, 0, 4, 2], [1, 1, 1, 1, 5]])  # 4 and 5 are not in the vocabulary
    expected = torch.zeros(2, 3, 6, dtype=torch.float64)
    for b in range(2):
        for t in range(3):
            for word in range(6):
                p = generate[b, t, 0]
                if word < 4:
                    expected[b, t, word] += p * vocabulary[b, t, word]
                for j in range(5):
                    if source[b, j] == word:
                        expected[b, t, word] += (1 - p) * weights[b, t, j]
    ours = copy_or_generate(generate, vocabulary, weights, source, new_words=2)
    assert_agree(ours, expected, (generate, vocabulary, weights))


def test_copying_worked_by_hand():
    """Half generated: ½ · (0.6, 0.4) and ½ · (0.3 + 0.2) for word 1, ½ · 0.5 for the new word 2."""
    p = copy_or_generate(
        torch.tensor([[[0.5]]]),
        torch.tensor([[[0.6, 0.4]]]),
        torch.tensor([[[0.3, 0.5, 0.2]]]),
        torch.tensor([[1, 2, 1]]),
        new_words=1,
    )
    torch.testing.assert_close(p, torch.tensor([[[0.3, 0.45, 0.25]]]))


def test_the_gate_sums_three_linear_parts():
    gate = GenerationGate(2, 3, input_size=4).double()
    context, state, given_word = normal(1, 2, 2), normal(1, 2, 3), normal(1, 2, 4)
    w_context, w_state, w_input = gate.gate.weight[0].split([2, 3, 4])
    total = context @ w_context + state @ w_state + given_word @ w_input + gate.gate.bias
    assert_agree(gate(context, state, given_word).squeeze(-1), 1 / (1 + (-total).exp()))


def test_latent_queries_equal_perceiver():
    theirs = PerceiverAttention(
        PerceiverConfig(attention_probs_dropout_prob=0.0),
        is_cross_attention=True,
        qk_channels=8,
        v_channels=8,
        num_heads=2,
        q_dim=8,
        kv_dim=6,
    ).double()
    ours = LatentQueries(8, heads=2, latents=3, context_size=6).double()
    for name in ("query", "key", "value"):
        getattr(ours.cross_attention, name).load_state_dict(getattr(theirs.self, name).state_dict())
    ours.cross_attention.output.load_state_dict(theirs.output.dense.state_dict())
    for norm, other in (
        (ours.latent_norm, theirs.self.layernorm1),
        (ours.norm, theirs.self.layernorm2),
    ):
        for part in (other.weight, other.bias):
            torch.nn.init.normal_(part)
        norm.load_state_dict(other.state_dict())
    x = normal(2, 5, 6)
    expected = theirs(ours.latents.expand(2, -1, -1), inputs=x)[0]
    assert_agree(ours(x), expected, (x, ours.latents))


def test_latent_queries_do_not_know_the_order():
    layer, x = LatentQueries(8, heads=2, latents=3).double(), normal(2, 5, 8)
    assert_agree(layer(x[:, [3, 0, 4, 1, 2]]), layer(x))


def test_latent_queries_do_not_read_padding():
    layer, x = LatentQueries(8, heads=2, latents=3).double(), normal(2, 5, 8).detach()
    short = layer(x[:, :3])
    assert_agree(layer(x, mask=masks.Padding(torch.tensor([3, 3]))), short)


def layer_norm(x, norm):
    centered = x - x.mean()
    return centered / (centered.square().mean() + norm.eps).sqrt() * norm.weight + norm.bias


def slots_by_hand(layer, x, slots):
    """Algorithm 1 of the paper, one slot and one input at a time."""
    inputs = [layer_norm(one, layer.norm) for one in x]
    keys = [layer.key.weight @ one for one in inputs]
    values = [layer.value.weight @ one for one in inputs]
    slots = list(slots)
    for _ in range(layer.rounds):
        queries = [layer.query.weight @ layer_norm(slot, layer.slot_norm) for slot in slots]
        fits = [[(q @ k / math.sqrt(len(k))).exp() for k in keys] for q in queries]
        shares = [
            [row[j] / sum(other[j] for other in fits) + EPSILON for j in range(len(keys))]
            for row in fits
        ]
        found = [
            sum(share * value for share, value in zip(row, values, strict=True)) / sum(row)
            for row in shares
        ]
        slots = [
            layer.update(one[None], slot[None])[0] for one, slot in zip(found, slots, strict=True)
        ]
        slots = [slot + layer.mlp(layer_norm(slot, layer.mlp_norm)) for slot in slots]
    return torch.stack(slots)


def test_slot_attention_is_the_papers_algorithm():
    layer = SlotAttention(4, slots=3, rounds=2).double()
    x, start = normal(2, 5, 4), normal(2, 3, 4, seed=1)
    expected = torch.stack([slots_by_hand(layer, *one) for one in zip(x, start, strict=True)])
    assert_agree(layer(x, start), expected, (x, start))


def test_competition_worked_by_hand():
    """Equal scores: each of 2 slots gets ½ of each of 4 keys; a slot's 4 halves then sum to 1."""
    weights = Competition(2)(torch.zeros(1, 1, 2, 4))
    torch.testing.assert_close(weights, torch.full((1, 1, 2, 4), 0.25))


def test_a_key_that_one_slot_wins_is_lost_to_the_other():
    scores = torch.tensor([[[[50.0, 0.0], [0.0, 0.0]]]], dtype=torch.float64)
    weights = Competition(2)(scores)[0, 0]
    torch.testing.assert_close(weights[0].tolist(), [2 / 3, 1 / 3], rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(weights[1].tolist(), [0.0, 1.0], rtol=1e-6, atol=1e-6)


def test_slots_do_not_read_padding():
    layer, x = SlotAttention(4, slots=3).double(), normal(2, 5, 4).detach()
    start = normal(2, 3, 4, seed=1)
    hidden = x.index_fill(1, torch.tensor([3, 4]), 9.0)
    padded = layer(hidden, start, mask=masks.Padding(torch.tensor([3, 3])))
    assert_agree(padded, layer(x[:, :3], start))


def test_slots_with_nothing_to_see_find_nothing():
    nothing = torch.zeros(1, 1, 2, 4, dtype=torch.bool)
    weights = Competition(2)(normal(1, 1, 2, 4), nothing)
    assert weights.eq(0).all()


def test_weights_of_some_slots_only_are_refused():
    layer = SlotAttention(4, slots=3).double()
    with record_attention(layer) as maps:
        layer(normal(2, 5, 4))
    assert maps[""].weights.shape == (2, 1, 3, 5)
    with pytest.raises(ValueError, match="scores have 1 queries, but 3 compete"):
        maps[""].rows(slice(-1, None))


def test_permuted_slots_stay_permuted():
    layer, x, start = SlotAttention(4, slots=3).double(), normal(2, 5, 4), normal(2, 3, 4)
    order = [2, 0, 1]
    assert_agree(layer(x, start[:, order]), layer(x, start)[:, order])


def test_retrieval_equals_pytorch_step_by_step():
    state, patterns = normal(2, 2, 3, 4), normal(2, 2, 5, 4, seed=1)
    expected = state
    for _ in range(3):
        expected = F.scaled_dot_product_attention(expected, patterns, patterns, scale=0.7)
    ours = retrieve(state, patterns, sharpness=0.7, steps=3).output
    assert_agree(ours, expected, (state, patterns))


def test_a_damaged_pattern_is_completed():
    patterns = torch.eye(4, dtype=torch.float64)[None, None]
    damaged = torch.tensor([0.0, 0.6, 0.3, 0.0], dtype=torch.float64).view(1, 1, 1, 4)
    found = retrieve(damaged, patterns, sharpness=20.0, steps=3).output
    torch.testing.assert_close(found[0, 0, 0], patterns[0, 0, 1], rtol=0, atol=1e-6)


def test_a_blunt_retrieval_is_the_mean_of_the_patterns():
    state, patterns = normal(1, 1, 2, 4), normal(1, 1, 5, 4, seed=1)
    found = retrieve(state, patterns, sharpness=1e-9).output
    mean = patterns.mean(dim=2, keepdim=True).expand_as(found)
    torch.testing.assert_close(found, mean, rtol=0, atol=1e-7)


def test_the_energy_worked_by_hand():
    """One pattern (1, 0) and the state (0, 1): −0 + ½ · 1 + log 1 + ½ · 1 = 1."""
    state, pattern = torch.tensor([[[[0.0, 1.0]]]]), torch.tensor([[[[1.0, 0.0]]]])
    assert energy(state, pattern, sharpness=3.0).item() == pytest.approx(1.0)


@CASES
@given(seed=st.integers(0, 1000), sharpness=st.floats(0.1, 10.0))
def test_a_step_never_raises_the_energy(seed, sharpness):
    state, patterns = normal(1, 2, 3, 4, seed=seed), normal(1, 2, 5, 4, seed=seed + 1)
    after = retrieve(state, patterns, sharpness=sharpness).output
    before = energy(state, patterns, sharpness=sharpness)
    assert (energy(after, patterns, sharpness=sharpness) <= before + 1e-9).all()
    assert (before >= -1e-9).all()


Q = torch.zeros(1, 1, 2, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: retrieve(Q, Q, sharpness=0.0), r"sharpness must be above 0, got 0\.0"),
        (lambda: retrieve(Q, Q, sharpness=1.0, steps=0), "steps must be at least 1, got 0"),
        (lambda: energy(Q, Q[..., :3], sharpness=1.0), "patterns has size 3, but state has 4"),
        (lambda: Pointer(3, 4, hidden_size=5)(Q, Q), "query has size 4, but the score expects 3"),
        (lambda: LatentQueries(4, 2, latents=0), "latents must be at least 1, got 0"),
        (lambda: LatentQueries(4, 2, latents=2)(Q), r"x must have the axes \(B, T, C\)"),
        (lambda: SlotAttention(4, slots=0), "slots must be at least 1, got 0"),
        (
            lambda: SlotAttention(4, slots=2)(Q[0], Q[0, :, :1]),
            r"slots must have the axes \(1, 2, 4",
        ),
        (
            lambda: GenerationGate(4, 4, input_size=3)(Q[0], Q[0], Q[0]),
            r"input must have the axes \(B, T, 3\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"weights": torch.zeros(1, 2, 4)}, ValueError, r"source has length 3, but weights has 4"),
        (
            {"generate": torch.zeros(1, 2, 2)},
            ValueError,
            r"generate must have the axes \(B, Tq, 1\), got \(1, 2, 2\)",
        ),
        ({"source": torch.zeros(1, 3)}, TypeError, "source must be integers, got torch.float32"),
        ({"new_words": -1}, ValueError, "new_words must be 0 or more, got -1"),
    ],
)
def test_copying_refuses_what_does_not_fit(change, error, message):
    arguments = {
        "generate": torch.zeros(1, 2, 1),
        "vocabulary": torch.zeros(1, 2, 5),
        "weights": torch.zeros(1, 2, 3),
        "source": torch.zeros(1, 3, dtype=torch.long),
    }
    with pytest.raises(error, match=message):
        copy_or_generate(**(arguments | change))
