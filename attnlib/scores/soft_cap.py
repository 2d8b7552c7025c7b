"""Soft-capped scores: no score beyond ±c (Bello et al., 2017; Gemma 2, 2024)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.scores.dot_products import scaled_dot
from attnlib.scores.score import Score


class SoftCap(nn.Module):
    """c · tanh(s / c): small scores pass, large ones bend towards the cap c.

    s is any other score with its scale, by default the scaled dot product. (Gemma Team, 2024,
    section 2, with c = 50; first in Bello et al., 2017, for pointing to cities.) The cap comes
    before the mask: a hidden key stays hidden.
    Raises ValueError when `cap` is not positive.
    """

    def __init__(self, cap: float, score: Score = scaled_dot) -> None:
        super().__init__()
        if cap <= 0:
            raise ValueError(f"cap must be positive, got {cap}")
        self.cap = cap
        self.score = score

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        return self.cap * (self.score(query, key, scale) / self.cap).tanh()
