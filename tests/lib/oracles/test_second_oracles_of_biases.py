"""Biases first held to loops, against x-transformers, SciPy and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import gennorm
from sklearn.gaussian_process.kernels import RationalQuadratic
from torch import nn
from x_transformers.x_transformers import DynamicPositionBias

from attnlib import positions
from oracles.agreement import EXACT
from oracles.in_double import in_double

RATES, OTHERS = torch.tensor([0.5, 2.0]).double(), torch.tensor([1.5, 0.25]).double()


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
