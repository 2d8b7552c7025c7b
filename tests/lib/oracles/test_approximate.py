"""Approximations of softmax attention against PyTorch, transformers, and their papers' formulas."""

import math

import pytest
import torch
import torch.nn.functional as F
from transformers import NystromformerConfig, ReformerConfig
from transformers.models.nystromformer.modeling_nystromformer import NystromformerSelfAttention
from transformers.models.reformer.modeling_reformer import LSHSelfAttention

from attnlib import masks
from attnlib.layout import merge_heads, split_heads
from attnlib.linear import nystrom, performer
from attnlib.linear._effective_weights import effective_weights
from attnlib.linear.linformer import Linformer
from attnlib.sparse import hashing
from attnlib.sparse._hashed import Hashed
from attnlib.sparse.sorted_hashing import sorted_attention
from oracles.agreement import assert_agree, normal


def inputs(length=6, heads=2, size=4):
    return [normal(2, heads, length, size, seed=seed) for seed in range(3)]


def directions(count, size, seed=0):
    source = torch.Generator().manual_seed(seed)
    return performer.random_directions(count, size, generator=source).double()


def small_inputs():
    """Features spread as e^(‖q + k‖²/√D): few of them say much of short vectors only."""
    return [states.detach() / 4 for states in inputs()]


def error(form, count, seeds=20):
    """The root mean square distance from PyTorch's softmax attention, over many directions."""
    query, key, value = small_inputs()
    causal = form is not performer.full
    exact = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
    squares = []
    for seed in range(seeds):
        output, _ = form(query, key, value, directions(count, 4, seed))
        squares.append((output - exact).square().mean())
    return torch.stack(squares).mean().sqrt().item()


@pytest.mark.parametrize("form", [performer.full, performer.chunked], ids=["full", "causal"])
def test_performer_comes_closer_to_pytorch_like_one_over_root_m(form, record_property):
    few, many = error(form, 32), error(form, 2048)
    record_property("difference", many)
    assert many < 0.01
    assert 8 / 1.4 < few / many < 8 * 1.4


def test_features_are_the_papers():
    x, omega = normal(1, 1, 3, 4).detach(), directions(5, 4)
    features = performer.positive_features(x, omega)
    for t, vector in enumerate(x[0, 0].tolist()):
        scaled = [number / 4**0.25 for number in vector]
        for r, w in enumerate(omega.tolist()):
            dot = sum(a * b for a, b in zip(scaled, w, strict=True))
            expected = math.exp(dot - sum(a * a for a in scaled) / 2) / math.sqrt(5)
            assert features[0, 0, t, r].item() == pytest.approx(expected, rel=1e-12)


def test_features_multiply_to_the_exponential_on_average():
    query, key, _ = small_inputs()
    omega = directions(40_000, 4)
    products = (
        performer.positive_features(query, omega) @ performer.positive_features(key, omega).mT
    )
    torch.testing.assert_close(products, (query @ key.mT / 2).exp(), rtol=0.05, atol=0.01)


def test_directions_are_normal_and_every_d_of_them_at_right_angles():
    omega = directions(40_000, 4)
    blocks = omega.unflatten(0, (-1, 4))
    products = blocks @ blocks.mT
    off_diagonal = products - torch.diag_embed(products.diagonal(dim1=1, dim2=2))
    torch.testing.assert_close(off_diagonal, torch.zeros_like(products), rtol=0, atol=1e-4)
    for place in range(4):  # each of the four by itself, not only all together
        own = blocks[:, place]
        assert own.mean(dim=0).abs().max() < 0.05
        torch.testing.assert_close(own.mT.cov(), torch.eye(4).double(), rtol=0, atol=0.05)


def test_directions_at_right_angles_err_less_than_independent_ones():
    x = torch.full((1, 1, 1, 4), math.sqrt(2) / 4).double()

    def squared_error(omega):  # of each four directions in a row
        each = len(omega) * performer.positive_features(x, omega).square().flatten()
        return (each.unflatten(0, (-1, 4)).mean(dim=1) - math.exp(1 / 4)).square().mean().item()

    independent = squared_error(normal(80_000, 4).detach())
    assert squared_error(directions(80_000, 4)) < 0.95 * independent


PERFORMERS = [performer.full, performer.recurrent, performer.parallel, performer.chunked]


@pytest.mark.parametrize("form", PERFORMERS, ids=lambda form: form.__name__)
def test_the_performer_is_the_papers_quotient(form):
    query, key, value = (states.detach() for states in inputs(9))
    omega = directions(16, 4)
    products = (
        performer.positive_features(query, omega) @ performer.positive_features(key, omega).mT
    )
    products = products if form is performer.full else products.tril()
    expected = products / products.sum(-1, keepdim=True) @ value
    torch.testing.assert_close(form(query, key, value, omega)[0], expected)


@pytest.mark.parametrize("form", PERFORMERS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("length", [6, 100, 1e6])
def test_features_too_small_for_float32_leave_what_they_are_in_float64(form, length):
    query, key, value = (states.detach() for states in inputs(9, size=64))
    query, key, omega = length * query, length * key, directions(256, 64)
    if length < 100:  # float64 holds these
        features = [performer.positive_features(x, omega).float() for x in (query, key)]
        assert (features[0] @ features[1].mT).amax() == 0
    exact, _ = form(query, key, value, omega)
    output, _ = form(query.float(), key.float(), value.float(), omega.float())
    assert (output.abs().amax(dim=-1) > 0).all()
    assert (output.abs() <= value.abs().max() * 1.0001).all()  # a mean of the values
    if length == 6:
        torch.testing.assert_close(output.double(), exact, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("fewer", [True, False], ids=["R < T", "R = T"])
@pytest.mark.parametrize("shared", [True, False])
def test_linformer_equals_pytorch_on_mixed_keys_and_values(fewer, shared):
    query, key, value = inputs(7)
    layer = Linformer(7, 3 if fewer else 7, shared=shared).double()
    mixed_key = torch.einsum("rt,bhtd->bhrd", layer.key_projection, key)
    mixed_value = torch.einsum("rt,bhtd->bhrd", layer.value_projection, value)
    expected = F.scaled_dot_product_attention(query, mixed_key, mixed_value)
    learned = (layer.key_projection, layer.value_projection)
    assert_agree(layer(query, key, value).output, expected, (query, key, value, *learned))
    assert (layer.key_projection is layer.value_projection) == shared


def test_linformers_matrix_over_tokens_is_its_weights_times_the_value_projection():
    query, key, value = inputs(7)
    layer = Linformer(7, 3).double()
    seen = layer(query, key, value)
    torch.testing.assert_close(seen.weights @ layer.value_projection @ value, seen.output)


def nystromformer(landmarks, length):
    config = NystromformerConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_landmarks=landmarks,
        segment_means_seq_len=length,
        inv_coeff_init_option=False,
        attention_probs_dropout_prob=0.0,
    )
    theirs = NystromformerSelfAttention(config).double().eval()
    theirs.conv_kernel_size = None  # a convolution beside the attention
    theirs.init_option = "exact"  # each matrix's own norm, as in the paper's equation
    return theirs


@pytest.mark.parametrize("landmarks", [1, 2, 4])
def test_nystrom_equals_transformers(landmarks):
    theirs, x = nystromformer(landmarks, 8), 3 * normal(2, 8, 16)
    query, key, value = (split_heads(p(x), 4) for p in (theirs.query, theirs.key, theirs.value))
    ours = merge_heads(nystrom.full(query, key, value, landmarks=landmarks).output)
    assert_agree(ours, theirs(x)[0], (x, theirs.query.weight, theirs.key.weight))


def test_the_iteration_ends_at_the_pseudo_inverse():
    matrix = normal(3, 4, 4).detach().softmax(dim=-1)
    exact = torch.linalg.pinv(matrix)
    errors = [(nystrom.pseudo_inverse(matrix, n) - exact).norm().item() for n in (0, 2, 4, 30)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-9


def test_nystroms_matrix_times_the_values_is_its_output():
    query, key, value = inputs()
    seen = nystrom.full(query, key, value, landmarks=3)
    torch.testing.assert_close(seen.weights @ value, seen.output)
    weights = effective_weights(nystrom.full, query, key, landmarks=3)
    torch.testing.assert_close(weights, seen.weights)
    weights = effective_weights(performer.full, query, key, directions(16, 4))
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


def reformer(length, *, chunk, hashes=1, causal=True):
    config = ReformerConfig(
        hidden_size=8,
        attention_head_size=4,
        num_attention_heads=2,
        num_buckets=4,
        num_hashes=hashes,
        lsh_attn_chunk_length=chunk,
        lsh_num_chunks_before=0,
        lsh_num_chunks_after=0,
        lsh_attention_probs_dropout_prob=0.0,
        hash_seed=7,
        is_decoder=causal,
    )
    theirs = LSHSelfAttention(config, layer_idx=0).double().eval()
    theirs.query_key.weight.data.copy_(torch.eye(8))
    return theirs


def test_buckets_are_those_of_reformer():
    theirs, x = reformer(16, chunk=4, hashes=3), normal(2, 2, 50, 4).detach()
    expected = theirs._hash_vectors(x, 3, None).unflatten(-1, (3, 50))
    torch.manual_seed(7)
    rotations = torch.randn(2, 4, 3, 2, dtype=torch.float64)
    buckets = hashing.hash_buckets(x, rotations)
    assert torch.equal(buckets, expected - 4 * torch.arange(3).unsqueeze(-1))
    same = rotations[:1].expand(2, -1, -1, -1)
    assert torch.equal(hashing.hash_buckets(x, same), hashing.hash_buckets(x, rotations[0]))


CLOSE = {"rtol": 1e-5, "atol": 1e-5}  # theirs adds 1e-6 to a key's mean square


@pytest.mark.parametrize("causal", [True, False])
def test_one_bucket_equals_reformers_full_attention(causal):
    theirs, x = reformer(6, chunk=8, causal=causal), normal(2, 6, 8).detach()
    query, value = split_heads(x, 2), split_heads(theirs.value(x), 2)
    one = torch.zeros(4, 1, 1)
    ours = hashing.hashed_attention(query, value, one, chunk=8, causal=causal)
    torch.testing.assert_close(merge_heads(ours.output), theirs(x).hidden_states, **CLOSE)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("hashes", [1, 2])
def test_hashed_attention_equals_reformer_with_a_bucket_a_chunk(causal, hashes):
    """Theirs lets a chunk's tokens see across buckets: where a chunk is a bucket, both are one.

    In the second round no two tokens meet that met in the first, which theirs would count twice.
    """
    token = torch.arange(16)
    rounds = torch.stack((token // 4, token % 4))[:hashes]  # buckets, (rounds, T)
    corner = torch.tensor([[1, 0], [0, 1], [-1, 0], [0, -1]]).double()
    query = 0.1 * normal(2, 2, 16, 4).detach()
    for number, buckets in enumerate(rounds):
        query[..., 2 * number : 2 * number + 2] += corner[buckets]
    rotations = torch.eye(4).unflatten(1, (2, 2))[:, :hashes]
    assert torch.equal(hashing.hash_buckets(query, rotations)[1, 1], rounds)

    theirs, x = reformer(16, chunk=4, hashes=hashes, causal=causal), merge_heads(query)
    distinct = (rounds + 4 * torch.arange(hashes).unsqueeze(-1)).flatten().expand(2, 2, -1)
    expected = theirs(x, buckets=distinct).hidden_states
    value = split_heads(theirs.value(x), 2)
    ours = hashing.hashed_attention(query, value, rotations, chunk=4, causal=causal)
    torch.testing.assert_close(merge_heads(ours.output), expected, **CLOSE)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("chunk", [1, 3, 11])
def test_the_hashed_mask_is_the_papers_set(causal, chunk):
    buckets = torch.randint(0, 3, (1, 1, 2, 11), generator=torch.Generator().manual_seed(4))
    seen = Hashed(buckets, chunk, causal, None).dense(11)[0, 0]
    for i in range(11):
        reached = set()
        for numbers in buckets[0, 0].tolist():
            order = sorted(range(11), key=lambda j: (numbers[j], j))
            own = order.index(i) // chunk
            for j in range(11):
                near = own - 1 <= order.index(j) // chunk <= own
                if near and numbers[j] == numbers[i] and (j <= i or not causal):
                    reached.add(j)
        expected = reached - {i} or {i}
        assert {j for j in range(11) if seen[i, j]} == expected


@pytest.mark.parametrize("causal", [True, False])
def test_hashed_attention_equals_pytorch_with_its_mask(causal):
    query, _, value = inputs(12)
    rotations = normal(4, 2, 2).detach()
    seen = hashing.hashed_attention(query, value, rotations, chunk=3, causal=causal)
    allowed = seen.mask.dense(12)
    key = query / query.square().sum(-1, keepdim=True).sqrt()
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=allowed, scale=1.0)
    assert_agree(seen.output, expected, (query, value))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("chunk", [1, 3, 20])
def test_sorted_and_cut_it_is_the_same(causal, chunk):
    query, _, value = inputs(17)
    rotations = normal(4, 3, 2).detach()
    expected = hashing.hashed_attention(query, value, rotations, chunk=chunk, causal=causal)
    ours = sorted_attention(query, value, rotations, chunk=chunk, causal=causal)
    assert_agree(ours.output, expected.output, (query, value))
    assert torch.equal(ours.weights, expected.weights)


HIDDEN = {
    "padding": masks.Padding(torch.tensor([17, 11])),
    "documents": masks.Document(torch.tensor([0] * 6 + [1] * 11)),
    "booleans per head": torch.rand(2, 2, 17, 17, generator=torch.Generator().manual_seed(3)) < 0.7,
}


@pytest.mark.parametrize("mask", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("chunk", [3, 20])
def test_hashed_or_sorted_with_a_mask_it_is_the_same(mask, causal, chunk):
    query, _, value = inputs(17)
    rotations = normal(4, 3, 2).detach()
    options = {"chunk": chunk, "causal": causal, "mask": mask}
    seen = hashing.hashed_attention(query, value, rotations, **options)
    ours = sorted_attention(query, value, rotations, **options)
    assert_agree(ours.output, seen.output, (query, value))
    rows = ours.rows(slice(3, 9))
    torch.testing.assert_close(rows, seen.weights[:, :, 3:9], rtol=1e-12, atol=1e-12)
    assert not (seen.mask.dense(17) & ~masks.as_mask(mask).dense(17)).any()


@pytest.mark.parametrize("attend", [hashing.hashed_attention, sorted_attention])
def test_padding_takes_no_ones_place_in_a_chunk(attend):
    query, _, value = (states.detach() for states in inputs(17))
    rotations = normal(4, 3, 2).detach()
    shorter = attend(query[:, :, :11], value[:, :, :11], rotations, chunk=3)
    query[:, :, 11:], value[:, :, 11:] = torch.nan, torch.nan
    padded = attend(query, value, rotations, chunk=3, mask=masks.Padding(torch.tensor([11, 11])))
    torch.testing.assert_close(padded.output[:, :, :11], shorter.output, rtol=1e-12, atol=1e-12)
    assert (padded.output[:, :, 11:] == 0).all()


BAD = [
    (
        lambda q, k, v: performer.full(q, k, v, torch.ones(3, 5)),
        ValueError,
        r"directions has size 5, but query has 4",
    ),
    (lambda q, k, v: performer.full(q, k, v, torch.ones(0, 4)), ValueError, "directions"),
    (lambda q, k, v: performer.full(q, k, v, torch.ones(3, 4).int()), TypeError, "directions"),
    (lambda q, k, v: performer.full(q, k[:1], v, torch.ones(3, 4)), ValueError, "key has batch"),
    (lambda q, k, v: performer.random_directions(0, 4), ValueError, "count must be at least 1"),
    (lambda q, k, v: Linformer(4, 5), ValueError, "rank must be from 1 to length 4, got 5"),
    (lambda q, k, v: Linformer(7, 3).double()(q, k, v), ValueError, "key has 6 tokens, .* is 7"),
    (lambda q, k, v: Linformer(6, 3)(q, k.int(), v), TypeError, "key must be floating point"),
    (lambda q, k, v: nystrom.full(q, k, v, landmarks=4), ValueError, "query has 6 tokens, .* 4"),
    (
        lambda q, k, v: nystrom.full(q, k[:, :, :5], v[:, :, :5], landmarks=2),
        ValueError,
        "key has 5 tokens",
    ),
    (
        lambda q, k, v: nystrom.full(q, k, v, landmarks=0),
        ValueError,
        "landmarks must be at least 1",
    ),
    (
        lambda q, k, v: nystrom.full(q, k[:, :0], v[:, :1], landmarks=2),
        ValueError,
        "not a multiple of key's 0",
    ),
    (lambda q, k, v: nystrom.full(q, k[..., :3], v, landmarks=2), ValueError, "key has size 3"),
    (
        lambda q, k, v: hashing.hashed_attention(q, v, torch.ones(3, 1, 1), chunk=2),
        ValueError,
        r"rotations has size 3, but query has 4",
    ),
    (
        lambda q, k, v: hashing.hashed_attention(q, v, torch.ones(3, 4, 1, 1), chunk=2),
        ValueError,
        "rotations",
    ),
    (
        lambda q, k, v: hashing.hashed_attention(q, v, torch.ones(4, 1, 1), chunk=0),
        ValueError,
        "chunk must be at least 1, got 0",
    ),
    (
        lambda q, k, v: hashing.hashed_attention(q, v[:, :, 1:], torch.ones(4, 1, 1), chunk=2),
        ValueError,
        "value has length 5, but query has 6",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), BAD)
def test_what_does_not_fit_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call(*inputs())
