"""MultiHeadAttention against nn.MultiheadAttention with the same parameters."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers.models.qwen3.modeling_qwen3 import (
    Qwen3Attention,
    Qwen3Config,
    Qwen3RotaryEmbedding,
)

from attnlib import (
    Attend,
    MultiHeadAttention,
    attention,
    masks,
    normalizers,
    record_attention,
    scores,
)
from attnlib.caches import KVCache
from attnlib.heads import (
    DifferentialAttention,
    ForgettingAttention,
    GatedAttention,
    MultiTokenAttention,
    SelectiveAttention,
)
from attnlib.positions.rotary import rotate
from oracles.agreement import EXACT, IMPLS, assert_agree, normal

every_impl = pytest.mark.parametrize("impl", IMPLS)


def pair(*, impl, size=12, heads=3, context_size=None, bias=True):
    """Ours and PyTorch's module, sharing every parameter."""
    torch.manual_seed(0)
    ours = MultiHeadAttention(
        size, heads, context_size=context_size, projection_bias=bias, attend=Attend(impl=impl)
    ).double()
    theirs = nn.MultiheadAttention(
        size, heads, kdim=context_size, vdim=context_size, bias=bias, batch_first=True
    ).double()
    projections = [ours.query, ours.key, ours.value]
    with torch.no_grad():
        if context_size is None:
            theirs.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
        else:
            theirs.q_proj_weight.copy_(ours.query.weight)
            theirs.k_proj_weight.copy_(ours.key.weight)
            theirs.v_proj_weight.copy_(ours.value.weight)
        theirs.out_proj.weight.copy_(ours.output.weight)
        if bias:
            theirs.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
            theirs.out_proj.bias.copy_(ours.output.bias)
    return ours, theirs


CHOICES = {
    "score": {"score": scores.Cosine(8.0).double()},
    "normalizer": {"normalize": normalizers.sparsemax},
    "scale": {"scale": 0.3},
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_every_choice_of_attention_reaches_through_the_layer(choice):
    torch.manual_seed(0)
    layer = MultiHeadAttention(12, 3, attend=Attend(**choice)).double()
    x, bias = normal(2, 5, 12), normal(1, 3, 5, 5, seed=1)
    query, key, value = layer.project(x)
    heads = attention(query, key, value, mask=masks.Causal(), bias=bias, **choice).output
    expected = layer.output(heads.transpose(1, 2).reshape(2, 5, 12))
    assert_agree(layer(x, mask=masks.Causal(), bias=bias), expected, (x, bias))


@pytest.mark.parametrize("kind", [MultiHeadAttention, GatedAttention, DifferentialAttention])
def test_a_turned_layer_decodes_as_it_reads(kind):
    torch.manual_seed(0)
    layer = kind(16, 2, turn=partial(rotate, pairing="half")).double()
    x, cache = normal(1, 6, 16), KVCache()
    steps = [layer(part, mask=masks.Causal(), cache=cache) for part in x.split((3, 1, 2), dim=1)]
    assert_agree(torch.cat(steps, dim=1), layer(x, mask=masks.Causal()), (x,))
    layer.turn = None
    assert not torch.allclose(torch.cat(steps, dim=1), layer(x, mask=masks.Causal()))


@pytest.mark.parametrize("kind", [MultiHeadAttention, GatedAttention, DifferentialAttention])
def test_a_bias_of_minus_infinity_hides_as_a_mask_does(kind):
    torch.manual_seed(0)
    layer, x = kind(16, 2).double(), normal(2, 5, 16)
    future = torch.full((5, 5), -torch.inf).double().triu(1)
    assert_agree(layer(x, bias=future[None, None]), layer(x, mask=masks.Causal()), (x,))


SELF_ALONE = (
    ForgettingAttention,
    SelectiveAttention,
    partial(MultiTokenAttention, queries=2, keys=3),
)


@pytest.mark.parametrize(
    "kind", [MultiHeadAttention, GatedAttention, DifferentialAttention, *SELF_ALONE]
)
def test_one_shared_key_head_is_that_head_repeated(kind):
    torch.manual_seed(0)
    shared = kind(16, 2, key_heads=1).double()
    full = kind(16, 2).double()
    weights = dict(shared.state_dict())
    for name in ("key.weight", "key.bias", "value.weight", "value.bias"):
        weights[name] = torch.cat((weights[name], weights[name]))
    full.load_state_dict(weights)
    x = normal(2, 5, 16)
    assert_agree(shared(x, mask=masks.Causal()), full(x, mask=masks.Causal()), (x,))


def weights_of(module, *inputs, **options):
    with record_attention(module) as maps:
        module(*inputs, **options)
    return maps[""].weights


@every_impl
@pytest.mark.parametrize("bias", [True, False])
def test_self_attention_equals_pytorch(impl, bias):
    ours, theirs = pair(impl=impl, bias=bias)
    x = normal(2, 5, 12)
    assert_agree(ours(x), theirs(x, x, x, need_weights=False)[0], (x,))


@every_impl
def test_gradients_of_the_parameters_equal_pytorchs(impl):
    ours, theirs = pair(impl=impl)
    x = normal(2, 5, 12)
    ours(x).square().sum().backward()
    theirs(x, x, x, need_weights=False)[0].square().sum().backward()
    stacked = torch.cat([p.weight.grad for p in (ours.query, ours.key, ours.value)])
    torch.testing.assert_close(stacked, theirs.in_proj_weight.grad, **EXACT)
    torch.testing.assert_close(ours.output.weight.grad, theirs.out_proj.weight.grad, **EXACT)


@every_impl
def test_weights_of_each_head_equal_pytorchs(impl):
    ours, theirs = pair(impl=impl)
    x = normal(2, 5, 12)
    expected = theirs(x, x, x, average_attn_weights=False)[1]
    torch.testing.assert_close(weights_of(ours, x), expected, **EXACT)


@every_impl
def test_averaged_weights_equal_pytorchs(impl):
    ours, theirs = pair(impl=impl)
    x = normal(2, 5, 12)
    torch.testing.assert_close(weights_of(ours, x).mean(dim=1), theirs(x, x, x)[1], **EXACT)


@every_impl
@pytest.mark.parametrize("context_size", [12, 7])
def test_cross_attention_equals_pytorch(impl, context_size):
    ours, theirs = pair(impl=impl, context_size=None if context_size == 12 else context_size)
    x, context = normal(2, 5, 12), normal(2, 4, context_size, seed=1)
    expected, weights = theirs(x, context, context, average_attn_weights=False)
    assert_agree(ours(x, context), expected, (x, context))
    torch.testing.assert_close(weights_of(ours, x, context), weights, **EXACT)


@every_impl
def test_causal_self_attention_equals_pytorch(impl):
    ours, theirs = pair(impl=impl)
    x = normal(2, 5, 12)
    future = torch.ones(5, 5, dtype=torch.bool).triu(1)  # PyTorch's True means: may not
    expected, weights = theirs(x, x, x, attn_mask=future, average_attn_weights=False)
    assert_agree(ours(x, mask=masks.Causal()), expected, (x,))
    torch.testing.assert_close(weights_of(ours, x, mask=masks.Causal()), weights, **EXACT)


@every_impl
def test_padding_equals_pytorchs_key_padding_mask(impl):
    ours, theirs = pair(impl=impl)
    x = normal(2, 5, 12)
    hidden = torch.tensor([[False] * 5, [False, False, False, True, True]])
    expected = theirs(x, x, x, key_padding_mask=hidden, need_weights=False)[0]
    assert_agree(ours(x, mask=masks.Padding(torch.tensor([5, 3]))), expected, (x,))


@every_impl
@pytest.mark.parametrize("key_heads", [1, 2, 4])
def test_shared_key_heads_equal_pytorch(impl, key_heads):
    torch.manual_seed(0)
    attend = Attend(impl=impl)
    ours = MultiHeadAttention(16, heads=4, key_heads=key_heads, attend=attend).double()
    x = normal(2, 5, 16)
    query = ours.query(x).view(2, 5, 4, 4).transpose(1, 2)
    key, value = (p(x).view(2, 5, key_heads, 4).transpose(1, 2) for p in (ours.key, ours.value))
    heads = F.scaled_dot_product_attention(query, key, value, enable_gqa=True)
    expected = ours.output(heads.transpose(1, 2).reshape(2, 5, 16))
    assert_agree(ours(x), expected, (x, ours.key.weight, ours.value.weight))


def test_norms_of_each_head_equal_qwen3s():
    sizes = {"hidden_size": 12, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6}
    config = Qwen3Config(**sizes, rms_norm_eps=0.01, attn_implementation="eager")
    theirs = Qwen3Attention(config, layer_idx=0)
    ours = MultiHeadAttention(
        12,
        4,
        key_heads=2,
        head_size=6,
        projection_bias=False,
        turn=partial(rotate, pairing="half", base=config.rope_parameters["rope_theta"]),
        head_norm=partial(nn.RMSNorm, eps=0.01),
    )
    with torch.no_grad():
        for pair_of_weights in zip(theirs.parameters(), weights_in_order(ours), strict=True):
            for weight in pair_of_weights:
                torch.manual_seed(weight.numel())
                weight.normal_(mean=1.0)
    x = torch.randn(2, 5, 12)
    future = torch.full((5, 5), -torch.inf).triu(1)[None, None]
    places = Qwen3RotaryEmbedding(config)(x, torch.arange(5)[None])
    expected, weights = theirs(x, places, future)
    torch.testing.assert_close(ours(x, mask=masks.Causal()), expected, rtol=1e-4, atol=1e-4)
    found = weights_of(ours, x, mask=masks.Causal())
    torch.testing.assert_close(found, weights, rtol=1e-4, atol=1e-5)


def weights_in_order(layer):
    """As Qwen3Attention lists them: q, k, v, o, then the norms."""
    parts = (layer.query, layer.key, layer.value, layer.output, layer.query_norm, layer.key_norm)
    return [part.weight for part in parts]
