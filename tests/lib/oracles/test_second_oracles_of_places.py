"""Masks and biases first held to loops, against transformers, x-transformers, PyTorch and SciPy."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.spatial import KDTree
from scipy.stats import gennorm
from sklearn.gaussian_process.kernels import RationalQuadratic
from torch import nn
from transformers import masking_utils
from x_transformers.x_transformers import DynamicPositionBias

from attnlib import attention, masks, positions
from oracles.agreement import EXACT, assert_agree, normal
from oracles.in_double import in_double

IDS = torch.tensor([[0, 0, 1, 1, 1, 2, 2], [0, 1, 1, 1, 1, 1, 2]])
FIRST = torch.where(torch.arange(7) < 3, 0, -1).expand(2, -1)  # −1: in no block
CAUSAL = masking_utils.causal_mask_function
RULES = {
    "causal": (masks.Causal(), CAUSAL),
    "padding": (
        masks.Padding(torch.tensor([7, 4])),
        masking_utils.padding_mask_function(torch.arange(7) < torch.tensor([[7], [4]])),
    ),
    "prefix": (
        masks.Causal() | masks.Prefix(3),
        masking_utils.or_masks(CAUSAL, masking_utils.blockwise_overlay(FIRST)),
    ),
    "sliding window": (
        masks.Causal() & masks.Window(3),
        masking_utils.sliding_window_causal_mask_function(3),
    ),
    "documents": (
        masks.Causal() & masks.Document(IDS),
        masking_utils.and_masks(CAUSAL, masking_utils.packed_sequence_mask_function(IDS)),
    ),
    "chunked": (
        masks.Causal() & masks.Chunk(3),
        masking_utils.chunked_causal_mask_function(3, torch.zeros(2, dtype=torch.long)),
    ),
}


def states(length):
    """Query, key and value."""
    return [normal(2, 2, length, 4, seed=seed) for seed in range(3)]


def alone(query, key, value, asking, seen):
    """These tokens' output by PyTorch, over those keys and no others."""
    return F.scaled_dot_product_attention(query[:, :, asking], key[:, :, seen], value[:, :, seen])


@pytest.mark.parametrize("name", RULES)
def test_masks_equal_the_rules_of_transformers_in_pytorch(name):
    mask, rule = RULES[name]
    parts, places = states(7), torch.arange(7)
    allowed = rule(torch.arange(2).view(2, 1, 1, 1), 0, places.unsqueeze(1), places)
    expected = F.scaled_dot_product_attention(*parts, attn_mask=allowed.expand(2, 1, 7, 7))
    assert_agree(attention(*parts, mask=mask).output, expected, parts)


@pytest.mark.parametrize(("left", "right"), [(2, 1), (0, 3), (9, 0)])
def test_a_window_of_two_edges_is_a_band_of_pytorchs(left, right):
    parts = states(7)
    band = torch.ones(7, 7, dtype=torch.bool).triu(-left).tril(right)
    ours = attention(*parts, mask=masks.LeftRight(left, right)).output
    assert_agree(ours, F.scaled_dot_product_attention(*parts, attn_mask=band), parts)


@pytest.mark.parametrize("block", [1, 2, 3])
def test_blocks_of_a_diffusion_equal_pytorch_block_by_block_without_a_mask(block):
    parts, places = states(14), torch.arange(14)
    rows = [
        alone(*parts, own, torch.cat((own, places[7 : 7 + own[0]])))
        for own in places[:7].split(block)
    ]
    rows += [alone(*parts, own, places[7 : own[-1] + 1]) for own in places[7:].split(block)]
    ours = attention(*parts, mask=masks.BlockDiffusion(7, block=block)).output
    assert_agree(ours, torch.cat(rows, dim=2), parts)


def test_answers_after_one_prefix_equal_pytorch_on_each_alone():
    parts, places = states(9), torch.arange(9)
    ours = attention(*parts, mask=masks.shared_prefix(3, [2, 4])).output
    for answer in places[3:].split([2, 4]):
        text = torch.cat((places[:3], answer))
        chosen = (one[:, :, text] for one in parts)
        expected = F.scaled_dot_product_attention(*chosen, is_causal=True)
        assert_agree(ours[:, :, text], expected, parts)


def nearest(length, size, dilation, stride):
    """Who sees whom along one axis: those nearest to the middle one of the pixel's stride."""
    seen = torch.zeros(length, length, dtype=torch.bool)
    for rest in range(dilation):
        line = torch.arange(rest, length, dilation)
        for together in line.split(stride):
            middle = min(together[0] + stride // 2 * dilation, line[-1])
            chosen = KDTree(line.unsqueeze(1)).query([middle], k=size)[1]
            seen[together.unsqueeze(1), line[chosen]] = True
    return seen


@pytest.mark.parametrize(
    ("size", "dilation", "stride"), [(3, 1, 1), (3, 2, 1), (3, 1, 3), (5, 1, 2), (3, 2, 2)]
)
def test_a_neighborhood_is_of_the_nearest_that_scipy_finds(size, dilation, stride):
    ours = masks.Neighborhood(6, 7, size=size, dilation=dilation, stride=stride).dense(42)[0, 0]
    rows, columns = (nearest(length, size, dilation, stride) for length in (6, 7))
    expected = rows[:, None, :, None] & columns[None, :, None, :]
    assert torch.equal(ours, expected.reshape(42, 42))


@pytest.mark.parametrize("threshold", [1.5, 4.0, 99.0])
def test_functional_bias_equals_the_network_of_x_transformers_row_by_row(threshold):
    """Theirs maps log(d + 1); ours divides that by log(max(L, i) + 1), so the first matrix does."""
    ours = positions.FunctionalBias(3, hidden=4, threshold=threshold).double()
    ours.curve.data.fill_(1.0)
    first, _, last = ours.network
    with in_double():
        theirs = DynamicPositionBias(4, heads=3, depth=1, log_distance=True)
        theirs.mlp[0][-1] = nn.ReLU()
        theirs.mlp[0][0].bias, theirs.mlp[1] = first.bias, last
        for place in range(2, 8):
            squeezed = math.log(max(threshold, place) + 1)
            theirs.mlp[0][0].weight.data = first.weight.data / squeezed
            bias = ours(6, 8)[0, :, place - 2 : place - 1, : place + 1]
            torch.testing.assert_close(bias, theirs(1, place + 1), **EXACT)


RATES, OTHERS = torch.tensor([0.5, 2.0]).double(), torch.tensor([1.5, 0.25]).double()


def test_a_power_bias_is_the_logarithm_of_scipys_normal_of_that_power():
    ours = positions.PowerBias(2).double()
    ours.rate.data, ours.power.data = RATES, OTHERS
    away = np.subtract.outer(np.arange(2, 5), np.arange(5))
    for bias, rate, power in zip(ours(3, 5)[0], RATES.tolist(), OTHERS.tolist(), strict=True):
        curve = gennorm(power, scale=rate ** (-1 / power))
        expected = torch.from_numpy(curve.logpdf(away) - curve.logpdf(0))
        torch.testing.assert_close(bias, expected, **EXACT)


def test_a_logarithmic_bias_is_the_logarithm_of_scikit_learns_kernel():
    """Of places as steps of a staircase, whose squared distance is |i − j|: section 3's kernel."""
    ours = positions.LogarithmicBias(2).double()
    ours.rate.data, ours.scale.data = RATES, OTHERS
    stairs = np.tri(5, k=-1)
    for bias, rate, scale in zip(ours(3, 5)[0], RATES.tolist(), OTHERS.tolist(), strict=True):
        kernel = RationalQuadratic(alpha=rate, length_scale=(2 * rate * scale) ** -0.5)
        expected = torch.from_numpy(np.log(kernel(stairs[2:], stairs)))
        torch.testing.assert_close(bias, expected, **EXACT)
