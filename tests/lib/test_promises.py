"""Promises that every implementation keeps, each once broken by some."""

import pytest
import torch
from native import marked
from torch import nn

from attnlib import attention, masks
from attnlib.heads import LatentAttention
from attnlib.kernels import KERNELS
from attnlib.parallel import ring_in_turn

IMPLS = ["auto", "reference", *(name for name in KERNELS if name != "triton")]  # of GPUs


def states(length=6, dtype=torch.float64):
    source = torch.Generator().manual_seed(0)
    return torch.randn(3, 2, 2, length, 4, dtype=dtype, generator=source)


@pytest.mark.parametrize("impl", marked(*IMPLS))
@pytest.mark.parametrize("scale", [0.0, -0.0, -1.5])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
def test_a_causal_mask_hides_the_future_under_any_scale(impl, scale, dtype):
    if impl == "native" and dtype == torch.float64:
        return  # it refuses: tests/lib/test_native.py
    query, key, value = states(dtype=dtype)
    alike = {"banded": masks.Window(6), "pieces": masks.Chunk(6)}  # of what that kernel computes
    mask = masks.Causal() & alike[impl] if impl in alike else masks.Causal()
    future = torch.ones(6, 6, dtype=torch.bool).triu(1)
    weights = (query.double() @ key.double().mT * scale).masked_fill(future, -torch.inf)
    expected = weights.softmax(-1) @ value.double()
    seen = attention(query, key, value, mask=mask, scale=scale, impl=impl)
    tolerance = {torch.float64: 1e-12, torch.float32: 1e-5, torch.float16: 1e-2}[dtype]
    torch.testing.assert_close(seen.output.double(), expected, rtol=0, atol=tolerance)
    if impl == "tiled":
        ring = ring_in_turn(query, key, value, processes=2, mask=mask, scale=scale)
        torch.testing.assert_close(ring.double(), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("impl", marked(*(i for i in IMPLS if i not in ("banded", "pieces"))))
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf])
def test_a_key_that_a_bias_hides_is_never_read(impl, rubbish):
    """Neither forward nor backward, nor when scores are read afterwards."""
    found = []
    dtype = torch.float32 if impl == "native" else torch.float64
    for stuff in (0.0, rubbish):
        query, key, value = states(dtype=dtype).unbind()
        key, value = key.clone(), value.clone()
        key[:, :, 2], value[:, :, 2] = stuff, stuff
        bias = torch.zeros(1, 1, 6, 6, dtype=dtype)
        bias[..., 2] = -torch.inf
        leaves = [tensor.clone().requires_grad_() for tensor in (query, key, value)]
        seen = attention(*leaves, bias=bias, impl=impl)
        (seen.output.square().sum() + seen.weights.square().sum()).backward()
        found.append((seen.output, seen.weights, seen.logsumexp, *(x.grad for x in leaves)))
    for ours, theirs in zip(*found, strict=True):
        assert ours.isfinite().all()
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["scores", "weights", "logsumexp"])
@pytest.mark.parametrize("learned", [0, 1])
def test_what_was_first_read_without_gradients_has_them_later(name, learned):
    leaves = [tensor.clone() for tensor in states()]
    leaves[learned].requires_grad_()
    seen = attention(*leaves, mask=masks.Causal())
    with torch.no_grad():
        assert not getattr(seen, name).requires_grad
    getattr(seen, name).square().sum().backward()
    assert leaves[learned].grad.abs().sum() > 0


def test_latent_values_may_have_a_size_of_their_own():
    """Absorbed and expanded are the same, and the layer has the sizes it was asked for."""
    torch.manual_seed(0)
    sizes = {"head_size": 4, "value_head_size": 7, "latent_size": 6, "rotary_size": 2}
    layer, x = LatentAttention(16, 2, **sizes).double(), torch.randn(1, 5, 16).double()
    assert layer.up_value.weight.shape == (14, 6) and layer.output.weight.shape == (16, 14)
    expanded = layer(x, mask=masks.Causal())
    layer.absorbed = True
    torch.testing.assert_close(layer(x, mask=masks.Causal()), expanded)
    with pytest.raises(ValueError, match="value_head_size must be at least 1, got 0"):
        LatentAttention(16, 2, **{**sizes, "value_head_size": 0})


def test_latent_values_of_their_own_size_equal_attention_written_out():
    torch.manual_seed(0)
    layer = LatentAttention(
        16, 2, head_size=4, value_head_size=3, latent_size=6, rotary_size=2
    ).double()
    x = torch.randn(1, 5, 16, dtype=torch.float64)
    value = layer.up_value(layer.norm(layer.down(x))).unflatten(-1, (2, 3))  # (B, T, H, Dv)
    nn.init.zeros_(layer.query.weight)  # every weight is 1/T
    expected = layer.output(value.mean(dim=1, keepdim=True).flatten(2)).expand(-1, 5, -1)
    torch.testing.assert_close(layer(x), expected)
