"""How a query and a key are compared: score(query, key, scale) → one number a pair.

Every score takes query (B, H, Tq, D) and key (B, H, Tk, D) and gives scores (B, H, Tq, Tk), in
float32 at least: rounding a score to 16 bits changes its weight by up to e^(|score|/256).
`scale` multiplies the score; None means the score's own, 1/√D for the scaled dot product, else 1.
"""

import math
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checked import checked
from attnlib.checks import check_goes_with, check_same_size


class Score(Protocol):
    """What `attention(score=…)` takes."""

    def __call__(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]: ...


@checked
def scaled_dot(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None = None
) -> Float[Tensor, "B H Tq Tk"]:
    """q·kᵀ / √D (Vaswani et al., 2017, equation 1). Raises ValueError when the sizes D differ."""
    return dot(query, key, scale_of(scaled_dot, scale, query.shape[-1]))


@checked
def dot(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None = None
) -> Float[Tensor, "B H Tq Tk"]:
    """q·kᵀ (Luong et al., 2015, section 3.1). Raises ValueError when the sizes D differ."""
    check_same_size(query, key)
    query, key = at_least_float32(query), at_least_float32(key)
    return (query if scale is None else query * scale) @ key.mT


class General(nn.Module):
    """q·W·kᵀ, a learned bilinear form (Luong et al., 2015, section 3.1). The sizes may differ."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(query_size, key_size))
        nn.init.xavier_uniform_(self.weight)

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk K"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        _check_size("query", query, self.weight.shape[0])
        _check_size("key", key, self.weight.shape[1])
        check_goes_with("query", query, self.weight)
        check_goes_with("key", key, self.weight)
        return dot(query @ self.weight, key, scale)


class Additive(nn.Module):
    """vᵀ tanh(W q + U k), a small network (Bahdanau et al., 2015, appendix A.1.2).

    It holds every pair's hidden vector at once: memory grows as Tq · Tk · hidden_size. A decoder
    that asks step after step projects its keys once, hands over U k, and gives no `key_size`.
    """

    def __init__(self, query_size: int, key_size: int | None, hidden_size: int) -> None:
        super().__init__()
        self.key_size = hidden_size if key_size is None else key_size
        self.query = nn.Linear(query_size, hidden_size, bias=False)
        self.key: nn.Module = nn.Identity()
        if key_size is not None:
            self.key = nn.Linear(key_size, hidden_size, bias=False)
        self.combine = nn.Linear(hidden_size, 1, bias=False)

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk K"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        _check_size("query", query, self.query.in_features)
        _check_size("key", key, self.key_size)
        check_goes_with("query", query, self.combine.weight)
        check_goes_with("key", key, self.combine.weight)
        pairs = self.query(query).unsqueeze(3) + self.key(key).unsqueeze(2)
        scores = at_least_float32(self.combine(pairs.tanh()).squeeze(-1))
        return scores if scale is None else scores * scale


class GaussianKernel(nn.Module):
    """−‖q − k‖² / 2w²: after the softmax, kernel regression (Nadaraya, 1964; Watson, 1964).

    `width` w is in the units of the query; small widths look only at the nearest keys.
    Raises ValueError when `width` is not positive.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        if width <= 0:
            raise ValueError(f"width must be positive, got {width}")
        self.width = width

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        _check_size("key", key, query.shape[-1])
        difference = at_least_float32(query).unsqueeze(3) - at_least_float32(key).unsqueeze(2)
        scores = difference.square().sum(dim=-1) / (-2 * self.width**2)
        return scores if scale is None else scores * scale


def scale_of(score: Score, scale: float | None, head_size: int) -> float:
    """The number a dot product is multiplied by: `scale`, or the score's own."""
    if scale is not None:
        return scale
    return 1 / math.sqrt(head_size) if score is scaled_dot else 1.0


def at_least_float32(states: Tensor) -> Tensor:
    """16-bit numbers widened to float32; float32 and float64 as they are."""
    return states.float() if states.dtype in (torch.float16, torch.bfloat16) else states


def _check_size(name: str, states: Tensor, size: int) -> None:
    if states.shape[-1] != size:
        raise ValueError(f"{name} has size {states.shape[-1]}, but the score expects {size}")
