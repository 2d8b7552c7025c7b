"""Decays between two tokens: right to the last digit after a strong one, and where f = 0."""

import math

import pytest
import torch

from attnlib import attention, masks
from attnlib.heads.forgetting import ForgettingAttention, log_decay
from attnlib.heads.selective import accumulated


def test_a_near_decay_keeps_its_digits_far_into_a_text():
    log_kept = torch.full((1, 1, 4096), -5.03)
    near = log_decay(log_kept)[0, 0].diagonal(-1)
    assert torch.equal(near, log_kept[0, 0, 1:])


def test_forgetting_attention_of_a_long_text_errs_by_rounding_alone():
    """float32 against float64, 4096 tokens that each forget e⁻⁵ on average."""
    source = torch.Generator().manual_seed(0)
    query, key, value = torch.randn(3, 1, 1, 4096, 16, generator=source)
    log_kept = torch.randn(1, 1, 4096, generator=source) - 5

    def output(*states):
        *qkv, kept = states
        return attention(*qkv, mask=masks.Causal(), bias=log_decay(kept)).output[:, :, -512:]

    ours = output(query, key, value, log_kept)
    exact = output(*(states.double() for states in (query, key, value, log_kept)))
    torch.testing.assert_close(ours.double(), exact, rtol=0, atol=1e-6)


def test_a_gate_of_0_forgets_all_before_it_and_nothing_after():
    log_kept = torch.tensor([[[-1.0, -math.inf, -1.0]]])
    inf = math.inf
    assert log_decay(log_kept).tolist() == [[[[0, 0, 0], [-inf, 0, 0], [-inf, -1, 0]]]]


@pytest.mark.parametrize("impl", ["reference", "auto", "tiled"])
def test_what_follows_a_gate_of_0_is_a_text_of_its_own(impl):
    """In the outputs, and in gradients, which are finite also before the gate."""
    torch.manual_seed(0)
    layer, x = ForgettingAttention(16, 2).double(), torch.randn(1, 6, 16, dtype=torch.float64)
    layer.attend.impl = impl
    with torch.no_grad():
        layer.forget.weight.zero_()
        layer.forget.weight[:, 0] = 10
        x[..., 0] = 0.2
        layer.query.weight[:, 0] = layer.key.weight[:, 0] = layer.value.weight[:, 0] = 0
    alone = layer(x[:, 3:])
    x[:, 3, 0] = -1e308  # times 10 it is −∞
    output = layer(x.requires_grad_())
    torch.testing.assert_close(output[:, 3:], alone, rtol=0, atol=1e-12)
    output.square().sum().backward()
    assert x.grad.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


def test_what_was_masked_before_a_great_score_keeps_its_digits():
    """Each token adds what the tokens before have masked; none is added only to be taken away."""
    scores = torch.full((1, 1, 4, 4), 0.5)
    scores[..., 3, 1] = 1e9
    masked = accumulated(scores, torch.ones(1, 1, 4, 4, dtype=torch.bool).tril())
    assert masked[0, 0, 3].tolist() == [0, 0.5, 0, 0]
