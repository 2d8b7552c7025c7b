"""Cosine attention: only the directions of query and key are compared, not their lengths."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.precision import at_least_float32
from attnlib.scores.dot_products import dot


class Cosine(nn.Module):
    """c · q·k / (‖q‖‖k‖), between −c and c (Graves et al., 2014, equations 5 and 6).

    A softmax over cosines alone is nearly even, whatever the keys: over n keys the largest weight
    stays below e² / (e² + n − 1). The strength c makes it sharp. As a learned number it is the
    QK-norm of Henry et al. (2020); what models of today call so is an RMSNorm of query and key.

    - `strength`: c at the start. Henry et al. take log₂(n² − n): see `strength_for`.
    - `learned`: whether training changes it.

    A query or key of length 0 has no direction: its cosines are 0.
    Raises ValueError when the sizes D differ.
    """

    strength: Tensor

    def __init__(self, strength: float = 1.0, *, learned: bool = False) -> None:
        super().__init__()
        if learned:
            self.strength = nn.Parameter(torch.tensor(float(strength)))
        else:
            self.register_buffer("strength", torch.tensor(float(strength)))

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B H Tk D"],
        scale: float | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        query = F.normalize(at_least_float32(query), dim=-1)
        key = F.normalize(at_least_float32(key), dim=-1)
        return self.strength.to(query) * dot(query, key, scale)


def strength_for(length: int) -> float:
    """log₂(n² − n): where a strength starts for sequences of n tokens (Henry et al., 2020)."""
    if length < 2:
        raise ValueError(f"length must be at least 2, got {length}")
    return math.log2(length**2 - length)
