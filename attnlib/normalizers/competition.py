"""Weights for which the queries compete, as slots do (Locatello et al., 2020)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.normalizers._softmax import softmax

EPSILON = 1e-8


class Competition(nn.Module):
    """weights = (a + ε) / Σ_keys (a + ε), a = softmax of the scores over the queries.

    Every query of a weight takes part, so weights of some rows only do not exist: asked for those,
    it raises ValueError. A key that the mask hides counts for nobody. `queries`: how many compete.
    """

    def __init__(self, queries: int) -> None:
        super().__init__()
        self.queries = queries

    @checked
    def forward(
        self,
        scores: Float[Tensor, "B H N Tk"],
        allowed: Bool[Tensor, "#B #H #N #Tk"] | None = None,
    ) -> Float[Tensor, "B H N Tk"]:
        if scores.shape[-2] != self.queries:
            raise ValueError(
                f"scores have {scores.shape[-2]} queries, but {self.queries} compete: "
                "weights exist only for all of them together"
            )
        shares = softmax(scores.mT, None if allowed is None else allowed.mT).mT + EPSILON
        if allowed is not None:
            shares = shares.masked_fill(~allowed, 0)
        return shares / shares.sum(dim=-1, keepdim=True).clamp_min(EPSILON)
