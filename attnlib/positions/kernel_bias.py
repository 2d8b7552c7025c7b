"""KERPLE: biases that come from kernels of the distance (Chi et al., 2022).

power         −r₁ · |i − j|^r₂               r₂ from 0 to 2; 1 is ALiBi, with learned slopes
logarithmic   −r₁ · log(1 + r₂ · |i − j|)     far keys are hardly further than near ones
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least
from attnlib.positions._distances import distances


class PowerBias(nn.Module):
    """−r₁ · |i − j|^r₂ for each head, r₁ > 0 and 0 < r₂ ≤ 2 learned (section 4)."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.rate = nn.Parameter(torch.ones(heads))
        self.power = nn.Parameter(torch.ones(heads))

    def forward(self, query_length: int, key_length: int) -> Float[Tensor, "1 H Tq Tk"]:
        away = _away(query_length, key_length, self.rate)
        power = _column(self.power).clamp(SMALLEST, 2)
        away = away.clamp(min=1).pow(power) * (away > 0)  # 0 has no slope at a power below 1
        return (-_column(self.rate).clamp(min=SMALLEST) * away).unsqueeze(0)


class LogarithmicBias(nn.Module):
    """−r₁ · log(1 + r₂ · |i − j|) for each head, r₁ and r₂ > 0 learned (section 4)."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.rate = nn.Parameter(torch.ones(heads))
        self.scale = nn.Parameter(torch.ones(heads))

    def forward(self, query_length: int, key_length: int) -> Float[Tensor, "1 H Tq Tk"]:
        away = _away(query_length, key_length, self.rate)
        rate, scale = (_column(one).clamp(min=SMALLEST) for one in (self.rate, self.scale))
        return (-rate * (scale * away).log1p()).unsqueeze(0)


SMALLEST = 0.001  # of what is learned, to keep it positive


def _away(query_length: int, key_length: int, like: Tensor) -> Float[Tensor, "Tq Tk"]:
    check_at_least(0, "query_length", query_length)
    check_at_least(0, "key_length", key_length)
    return distances(query_length, key_length, device=like.device).abs().to(like)


def _column(numbers: Float[Tensor, " H"]) -> Float[Tensor, "H 1 1"]:
    return numbers.view(-1, 1, 1)
