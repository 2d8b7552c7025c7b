"""Every score against PyTorch or Keras, in values and gradients."""

import os

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given

from attnlib import attention, scores
from oracles.agreement import CASES, IMPLS, assert_agree, normal, queries_keys_values

os.environ["KERAS_BACKEND"] = "torch"
import keras

every_impl = pytest.mark.parametrize("impl", IMPLS)


def pytorch(query, key, value, **options):
    return F.scaled_dot_product_attention(query, key, value, enable_gqa=True, **options)


@every_impl
@CASES
@given(inputs=queries_keys_values())
def test_scaled_dot_equals_pytorch(impl, inputs):
    assert_agree(attention(*inputs, impl=impl).output, pytorch(*inputs), inputs)


@every_impl
@CASES
@given(inputs=queries_keys_values())
def test_scaled_dot_with_a_bias_and_a_scale_equals_pytorch(impl, inputs):
    query, key, _ = inputs
    bias = normal(1, query.shape[1], query.shape[2], key.shape[2], seed=7)
    ours = attention(*inputs, bias=bias, scale=0.3, impl=impl).output
    whole = bias.expand(len(query), -1, -1, -1)
    assert_agree(ours, pytorch(*inputs, attn_mask=whole, scale=0.3), (*inputs, bias))


@every_impl
@CASES
@given(inputs=queries_keys_values())
def test_dot_equals_pytorch_with_scale_1(impl, inputs):
    ours = attention(*inputs, score=scores.dot, impl=impl).output
    assert_agree(ours, pytorch(*inputs, scale=1.0), inputs)


@CASES
@given(inputs=queries_keys_values())
def test_general_equals_pytorch_on_projected_queries(inputs):
    query, key, value = inputs
    score = scores.General(query_size=5, key_size=key.shape[-1]).double()
    query = normal(*query.shape[:3], 5, seed=3)
    ours = attention(query, key, value, score=score).output
    theirs = pytorch(query @ score.weight, key, value, scale=1.0)
    assert_agree(ours, theirs, (query, key, value, score.weight))


@CASES
@given(inputs=queries_keys_values(shared_keys=False))
def test_additive_equals_keras(inputs):
    query, key, value = inputs
    assume(key.shape[2] > 1)  # Keras warns of a softmax over one key
    size = query.shape[-1]
    score = scores.Additive(size, size, hidden_size=6).double()
    layer = keras.layers.AdditiveAttention(dtype="float64")
    layer.build([(None, None, 6), (None, None, value.shape[-1]), (None, None, 6)])
    layer.scale.assign(score.combine.weight[0])

    ours = attention(query, key, value, score=score)
    theirs = [
        layer(
            [score.query(query[:, h]), value[:, h], score.key(key[:, h])],
            return_attention_scores=True,
        )
        for h in range(query.shape[1])
    ]
    outputs, weights = (torch.stack(parts, dim=1) for parts in zip(*theirs, strict=True))
    assert_agree(ours.weights, weights, (query, key, score.query.weight, score.key.weight))
    # Keras multiplies weights and values in float32 even when told float64.
    torch.testing.assert_close(ours.output.float(), outputs.float(), rtol=1e-5, atol=1e-6)


@CASES
@given(inputs=queries_keys_values())
def test_gaussian_kernel_equals_pytorch_with_a_key_bias(inputs):
    """−‖q − k‖²/2w² = q·k/w² − ‖k‖²/2w² − ‖q‖²/2w², and the last is the same for every key."""
    query, key, value = inputs
    width = 1.7
    ours = attention(query, key, value, score=scores.GaussianKernel(width)).output
    group = query.shape[1] // key.shape[1]
    far = -key.square().sum(-1) / (2 * width**2)
    bias = far.repeat_interleave(group, dim=1).unsqueeze(2).expand(*query.shape[:3], -1)
    assert_agree(ours, pytorch(*inputs, attn_mask=bias, scale=1 / width**2), inputs)
