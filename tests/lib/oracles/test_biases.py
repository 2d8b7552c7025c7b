"""Biases on the scores, against transformers' Bloom, T5 and Gemma 2."""

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from transformers import T5Config
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gemma2.modeling_gemma2 import eager_attention_forward
from transformers.models.t5.modeling_t5 import T5Attention

from attnlib import attention, masks, scores
from attnlib.positions import alibi, alibi_slopes
from attnlib.positions.t5_buckets import BucketedBias, bucket
from attnlib.scores.soft_cap import SoftCap
from oracles.agreement import EXACT, IMPLS, assert_agree, normal

SINGLE = {"rtol": 1e-6, "atol": 1e-6}  # where the other side computes in float32


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("heads", [1, 3, 4, 6, 8, 12])
def test_alibi_equals_bloom(heads, impl):
    query, key, value = (normal(2, heads, 9, 4, seed=seed) for seed in range(3))
    theirs = build_alibi_tensor(torch.ones(2, 9), heads, torch.float64)
    allowed = torch.ones(9, 9, dtype=torch.bool).tril()
    expected = F.scaled_dot_product_attention(
        query, key, value, attn_mask=theirs.view(2, heads, 1, 9).masked_fill(~allowed, -torch.inf)
    )
    ours = alibi(heads, 9, 9, dtype=torch.float64)
    seen = attention(query, key, value, mask=masks.Causal(), bias=ours, impl=impl)
    torch.testing.assert_close(seen.output, expected, **SINGLE)


def test_alibi_slopes_of_the_paper():
    assert alibi_slopes(8).tolist() == [2.0**-power for power in range(1, 9)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_alibi_like_the_query_goes_into_attention(dtype):
    query = normal(1, 4, 5, 8).to(dtype)
    seen = attention(query, query, query, bias=alibi(4, 5, 5, like=query))
    assert seen.output.dtype == dtype
    assert alibi(4, 5, 5, like=query.to("meta")).device.type == "meta"
    assert alibi(4, 5, 5, like=query, dtype=torch.float16).dtype == torch.float16
    assert alibi(4, 5, 5).dtype == torch.float32


def test_alibi_counts_from_the_last_key():
    bias = alibi(8, 2, 4)[0, 0]  # slope 1/2
    assert bias.tolist() == [[-1.0, -0.5, 0.0, -0.5], [-1.5, -1.0, -0.5, 0.0]]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("buckets", "longest"), [(32, 128), (8, 20), (64, 1000)])
def test_buckets_equal_t5(buckets, longest, causal):
    distance = torch.arange(-1500, 1501)
    theirs = T5Attention._relative_position_bucket(-distance, not causal, buckets, longest)
    assert torch.equal(bucket(distance, buckets, longest=longest, causal=causal), theirs)


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("causal", [False, True])
def test_bucketed_bias_equals_t5_attention(causal, impl):
    config = T5Config(
        d_model=12,
        d_kv=4,
        num_heads=3,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=20,
        dropout_rate=0.0,
        is_decoder=causal,
        attn_implementation="eager",
    )
    theirs = T5Attention(config, has_relative_attention_bias=True, layer_idx=0).double().eval()
    positions = BucketedBias(3, buckets=8, longest=20, causal=causal).double()
    positions.table.data = theirs.relative_attention_bias.weight.data.clone()

    x = normal(2, 30, 12).detach()
    query, key, value = (
        part(x).unflatten(-1, (3, 4)).transpose(1, 2) for part in (theirs.q, theirs.k, theirs.v)
    )
    seen = attention(query, key, value, score=scores.dot, bias=positions(30, 30), impl=impl)
    ours = theirs.o(seen.output.transpose(1, 2).flatten(2))
    assert_agree(ours, theirs(x)[0], (theirs.q.weight,))


@pytest.mark.parametrize("cap", [0.5, 50.0])
def test_soft_cap_equals_gemma(cap):
    query, key, value = (3 * normal(2, 2, 5, 4, seed=seed) for seed in range(3))
    hidden = torch.full((5, 5), -torch.inf, dtype=torch.float64).triu(1)
    stub = SimpleNamespace(num_key_value_groups=1, training=False)
    expected, weights = eager_attention_forward(
        stub, query, key, value, hidden, scaling=0.5, softcap=cap
    )
    seen = attention(query, key, value, mask=masks.Causal(), score=SoftCap(cap))
    torch.testing.assert_close(seen.output, expected.transpose(1, 2), **SINGLE)
    torch.testing.assert_close(seen.weights, weights, **SINGLE)


def test_soft_cap_of_3_by_hand():
    query = torch.tensor([[[[6.0]]]], dtype=torch.float64)
    capped = SoftCap(3.0)(query, torch.ones_like(query), None)  # 3 tanh 2
    torch.testing.assert_close(capped.item(), 2.892082740, **EXACT)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: alibi_slopes(0), "heads must be at least 1, got 0"),
        (lambda: SoftCap(0.0), "cap must be positive, got 0.0"),
        (lambda: BucketedBias(4, buckets=6), "buckets must be a multiple of 4, got 6"),
        (lambda: BucketedBias(4, longest=8), "longest must be above 8, got 8"),
    ],
)
def test_bad_numbers_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
