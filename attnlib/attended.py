"""What attention gives back: the output, and on request why."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib._lazy import lazy
from attnlib.layout import bias_rows, repeat_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_unseen
from attnlib.normalizers import Normalizer
from attnlib.scores import Score

ALL = slice(None)


@dataclass(eq=False)
class Attended:
    """What came out, and on request why: `scores` and `weights` are computed when first read.

    They are exact whichever implementation made the output, since they come from the same query,
    key, mask and scale; asking for them changes nothing. In float32 at least. Read them before you
    change query or key in place.
    """

    query: Float[Tensor, "B H Tq D"]
    key: Float[Tensor, "B G Tk D"]
    value: Float[Tensor, "B G Tk Dv"]
    mask: Mask | None
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None
    score: Score
    normalize: Normalizer
    scale: float | None
    output: Float[Tensor, "B H Tq Dv"] = field(init=False)

    @lazy
    def scores(self) -> Float[Tensor, "B H Tq Tk"]:
        """score(query, key) + bias, of every pair: also of those that the mask hides."""
        return self._scores(self.query, self.key, ALL)

    @lazy
    def weights(self) -> Float[Tensor, "B H Tq Tk"]:
        """How much of each key's value each query takes, before any dropout."""
        return self.rows(ALL)

    @lazy
    def logsumexp(self) -> Float[Tensor, "B H Tq"]:
        """log Σ exp(score) over the allowed keys; −∞ where there is none."""
        scores, allowed = self._seen_scores(ALL)
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -torch.inf)
        return scores.logsumexp(dim=-1)

    def rows(self, rows: slice) -> Float[Tensor, "B H R Tk"]:
        """The weights of some queries only: `rows(slice(-1, None))` is the last one's."""
        return self.normalize(*self._seen_scores(rows))

    def allowed(self, rows: slice) -> Bool[Tensor, "#B #H #R #Tk"] | None:
        """Where mask and bias (not −∞) let some queries look; None when there is neither."""
        lengths = self.query.shape[2], self.key.shape[2]
        unhidden = None if self.bias is None else bias_rows(self.bias, rows) != -torch.inf
        if self.mask is None:
            return unhidden
        allowed = self.mask.dense(*lengths, rows=rows, device=self.query.device)
        return allowed if unhidden is None else allowed & unhidden

    def _seen_scores(self, rows: slice) -> tuple[Tensor, Tensor | None]:
        """The scores of some queries, right wherever the second tensor allows."""
        allowed, query, key = self.allowed(rows), self.query[:, :, rows], self.key
        if allowed is not None:
            query, key = blank_unseen(query, allowed.mT), blank_unseen(key, allowed)
        return self._scores(query, key, rows), allowed

    def _scores(self, query: Tensor, key: Tensor, rows: slice) -> Float[Tensor, "B H R Tk"]:
        scores = self.score(query, repeat_heads(key, query.shape[1]), self.scale)
        return scores if self.bias is None else scores + bias_rows(self.bias, rows)
