"""Differential attention: one map minus another; what both see cancels (Ye et al., 2024)."""

import math
from typing import Unpack

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import check_at_least, checked
from attnlib.heads._projections import ContextOptions, Projections
from attnlib.layout import merge_heads, repeat_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.precision import at_least_float32


class DifferentialAttention(Projections):
    """headₕ = (1 − λ₀) · norm((A₁ − λ·A₂) · V), each A its own softmax (equations 1 and 3).

    λ = exp(a₁·b₁) − exp(a₂·b₂) + λ₀, learned, one for all heads (equation 2). The norm is an
    RMSNorm of each head's output by itself, without learned factors.

    - `heads`: H pairs of maps. Of a head's D numbers of query and key, the first half makes A₁, the
      second A₂; its values have D, by default E/H.
    - `layer`: the layer's number from 1, which sets λ₀ = 0.8 − 0.6·exp(−0.3·(layer − 1)).
    - The other arguments are those of `MultiHeadAttention`; `turn` sees the halves,
      `head_norm` both as one.

    `attend` sees 2H heads: 2h is head h's A₁, 2h + 1 its A₂; `difference(maps.weights, λ)` is what
    the head weighs with. Those weights may be negative and sum to 1 − λ.
    Raises ValueError when E is not a multiple of H, D is odd, or `layer` is below 1.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        layer: int = 1,
        **options: Unpack[ContextOptions],
    ) -> None:
        check_at_least(1, "layer", layer)
        super().__init__(size, heads, **options)
        if self.head_size % 2:
            raise ValueError(f"head_size must be even, for two maps; got {self.head_size}")
        self.start = 0.8 - 0.6 * math.exp(-0.3 * (layer - 1))
        self.exponents = nn.Parameter(0.1 * torch.randn(4, self.head_size // 2))  # a₁, b₁, a₂, b₂
        self.norm = nn.RMSNorm(self.head_size, eps=1e-5, elementwise_affine=False)

    @property
    def strength(self) -> Float[Tensor, ""]:
        """λ."""
        a1, b1, a2, b2 = at_least_float32(self.exponents)
        return (a1 @ b1).exp() - (a2 @ b2).exp() + self.start

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #2H #Tq #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        """As `MultiHeadAttention`; a `bias` for each head is one for each of the 2H maps."""
        mask = laid_once(mask)
        x, context = blank_hidden(x, context, mask) if cache is None else (x, context)
        both = self.attend(*self.project(x, context, cache), mask=mask, bias=bias)
        heads = self.norm(difference(both.output, self.strength))
        return self.output(merge_heads((1 - self.start) * heads))

    @checked
    def project(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        cache: Cache | None = None,
    ) -> tuple[
        Float[Tensor, "B 2H Tq D/2"], Float[Tensor, "B 2H Tk D/2"], Float[Tensor, "B 2H Tk D"]
    ]:
        """Query, key and value of both maps of every head, the two of a head side by side."""
        query, key, value = self._unturned(x, context, cache)
        query, key = self._turned(_halves(query), _halves(key), cache)
        query, key, value = self._seen(query, _joined(key), value, cache)
        key, value = (repeat_heads(states, self.heads) for states in (key, value))
        return query, _halves(key), value.repeat_interleave(2, dim=1)


def _halves(states: Float[Tensor, "B H T D"]) -> Float[Tensor, "B 2H T D/2"]:
    return states.unflatten(-1, (2, -1)).transpose(2, 3).flatten(1, 2)


def _joined(halves: Float[Tensor, "B 2H T D/2"]) -> Float[Tensor, "B H T D"]:
    return halves.unflatten(1, (-1, 2)).transpose(2, 3).flatten(-2)


@checked
def difference(
    pairs: Float[Tensor, "B 2H Tq N"], strength: Float[Tensor, ""] | float
) -> Float[Tensor, "B H Tq N"]:
    """first − λ · second of each pair of heads, of their outputs or of their weights."""
    if pairs.shape[1] % 2:
        raise ValueError(f"pairs must have an even number of heads, got {pairs.shape[1]}")
    first, second = at_least_float32(pairs).unflatten(1, (-1, 2)).unbind(2)
    return (first - strength * second).to(pairs.dtype)
