"""Differential attention: one map minus another; what both see cancels (Ye et al., 2024)."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden
from attnlib.precision import at_least_float32


class DifferentialAttention(MultiHeadAttention):
    """headₕ = (1 − λ₀) · norm((A₁ − λ·A₂) · V), each A its own softmax (equations 1 and 3).

    λ = exp(a₁·b₁) − exp(a₂·b₂) + λ₀, learned, one for all heads (equation 2). The norm is an
    RMSNorm of each head's output by itself, without learned factors.

    - `heads`: H pairs of maps; a head has queries and keys of size E/2H twice, and values of E/H.
    - `layer`: the layer's number from 1, which sets λ₀ = 0.8 − 0.6·exp(−0.3·(layer − 1)).

    `attend` sees 2H heads: 2h is head h's A₁, 2h + 1 its A₂; `difference(maps.weights, λ)` is what
    the head weighs with. Those weights may be negative and sum to 1 − λ.
    Raises ValueError when E is not a multiple of 2H or `layer` is below 1.
    """

    def __init__(self, size: int, heads: int, *, layer: int = 1, bias: bool = False) -> None:
        if layer < 1:
            raise ValueError(f"layer must be at least 1, got {layer}")
        super().__init__(size, 2 * heads, bias=bias)
        self.start = 0.8 - 0.6 * math.exp(-0.3 * (layer - 1))
        self.exponents = nn.Parameter(0.1 * torch.randn(4, self.head_size))  # a₁, b₁, a₂, b₂
        self.norm = nn.RMSNorm(2 * self.head_size, eps=1e-5, elementwise_affine=False)

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
        cache: Cache | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        x, context = blank_hidden(x, context, mask) if cache is None else (x, context)
        query, key, value = self.project(x, context, cache)
        value = value.unflatten(1, (-1, 2)).transpose(2, 3).flatten(3)  # (B, H, Tk, E/H)
        both = self.attend(query, key, value.repeat_interleave(2, dim=1), mask=mask)
        heads = self.norm(difference(both.output, self.strength))
        return self.output(merge_heads((1 - self.start) * heads))


@checked
def difference(
    pairs: Float[Tensor, "B 2H Tq N"], strength: Float[Tensor, ""] | float
) -> Float[Tensor, "B H Tq N"]:
    """first − λ · second of each pair of heads, of their outputs or of their weights."""
    if pairs.shape[1] % 2:
        raise ValueError(f"pairs must have an even number of heads, got {pairs.shape[1]}")
    first, second = at_least_float32(pairs).unflatten(1, (-1, 2)).unbind(2)
    return (first - strength * second).to(pairs.dtype)
