"""Weights in 8 bits: what a page loads is half of what the checkpoint weighs.

A matrix (rows, columns) becomes whole numbers from −127 to 127 under its own name, and under
NAME.factors (rows, 1), in 16 bits, a 127th of each row's largest number:

    weight ≈ whole · factor      off by little more than half a factor at most

Weights of one axis, biases and norms, are few, and stay in 16 bits.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

FACTORS = ".factors"
LARGEST = 127


def in_8_bits(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights as they are stored for a page, by name.

    Raises ValueError for a weight of more than two axes.
    """
    stored = {}
    for name, weight in weights.items():
        if weight.dim() > 2:
            raise ValueError(f"{name} must have two axes at most, got {tuple(weight.shape)}")
        if weight.dim() < 2:
            stored[name] = weight.half()
            continue
        factors = (weight.float().abs().amax(dim=1, keepdim=True) / LARGEST).half()
        whole = (weight.float() / factors.float()).nan_to_num(0)  # 0 / 0 in a row of zeros
        whole = whole.round().clamp(-LARGEST, LARGEST)
        stored |= {name: whole.to(torch.int8), name + FACTORS: factors}
    return stored


def from_8_bits(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The float32 weights that a page computes with."""
    factors = {name: stored[name] for name in stored if name.endswith(FACTORS)}
    return {
        name: weight.float() * factors.get(name + FACTORS, torch.ones(())).float()
        for name, weight in stored.items()
        if name not in factors
    }


def round_to_8_bits(model: nn.Module) -> None:
    """Give the model the weights that a page computes with."""
    model.load_state_dict(from_8_bits(in_8_bits(model.state_dict())))
