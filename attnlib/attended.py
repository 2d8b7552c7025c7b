"""What attention gives back, and what is like it: the output, and on request why."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib._equation import allowed_rows, seen_scores, weights_of
from attnlib._lazy import lazy
from attnlib.dispatch import Plan
from attnlib.masks import Mask
from attnlib.normalizers import Normalizer
from attnlib.precision import autocast_as
from attnlib.scores import Score

ALL = slice(None)


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Attended:
    """What came out, and on request why: `scores` and `weights` are computed when first read.

    They are exact whichever implementation made the output, since they come from the same query,
    key, mask and scale; asking for them changes nothing. In float32 at least. Read them before you
    change query or key in place. `plan` says which implementation made the output, and why.
    """

    query: Float[Tensor, "B H Tq D"]
    key: Float[Tensor, "B G Tk Dk"]
    value: Float[Tensor, "B G Tk Dv"]
    mask: Mask | None
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None
    score: Score
    normalize: Normalizer
    scale: float | None
    output: Float[Tensor, "B H Tq Dv"]
    plan: Plan
    laid: Mask | None = None  # the mask again, where attention has laid it already
    autocast: torch.dtype | None = None  # to which it was computed under autocast

    def __init__(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Mask | None,
        bias: Tensor | None,
        score: Score,
        normalize: Normalizer,
        scale: float | None,
        output: Tensor,
        plan: Plan,
        laid: Mask | None = None,
        autocast: torch.dtype | None = None,
    ) -> None:
        fields = vars(self)  # a frozen dataclass' own way would take four times as long
        fields["query"], fields["key"], fields["value"] = query, key, value
        fields["mask"], fields["bias"], fields["score"] = mask, bias, score
        fields["normalize"], fields["scale"] = normalize, scale
        fields["output"], fields["plan"] = output, plan
        fields["laid"], fields["autocast"] = laid, autocast

    @property
    def unfinished(self) -> bool:
        """Whether what is computed now lacks the gradients that may be asked for later."""
        tensors = (self.query, self.key, self.bias)
        learned = any(states is not None and states.requires_grad for states in tensors)
        return learned and not torch.is_grad_enabled()

    @lazy
    def scores(self) -> Float[Tensor, "B H Tq Tk"]:
        """score(query, key) + bias, of every pair: also of those that the mask hides."""
        return self._scores(None, ALL)

    @lazy
    def weights(self) -> Float[Tensor, "B H Tq Tk"]:
        """How much of each key's value each query takes, before any dropout."""
        return self.rows(ALL)

    @lazy
    def logsumexp(self) -> Float[Tensor, "B H Tq"]:
        """log Σ exp(score) over the allowed keys; −∞ where there is none."""
        allowed = self.allowed(ALL)
        scores = self._scores(allowed, ALL)
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -torch.inf)
        return scores.logsumexp(dim=-1)

    def rows(self, rows: slice) -> Float[Tensor, "B H R Tk"]:
        """The weights of some queries only: `rows(slice(-1, None))` is the last one's."""
        allowed = self.allowed(rows)
        scores = self._scores(allowed, rows)
        with autocast_as(self.query, self.autocast):
            return weights_of(scores, allowed, self.score, self.normalize)

    def allowed(self, rows: slice) -> Bool[Tensor, "#B #H #R #Tk"] | None:
        """Where mask and bias (not −∞) let some queries look; None when there is neither."""
        return allowed_rows(self.query, self.key, self.laid or self.mask, self.bias, rows)

    def _scores(self, allowed: Tensor | None, rows: slice) -> Float[Tensor, "B H R Tk"]:
        states = self.query, self.key, self.bias
        with autocast_as(self.query, self.autocast):
            return seen_scores(*states, self.score, self.scale, allowed, rows)

    def __repr__(self) -> str:
        return f"Attended(output {tuple(self.output.shape)}, {self.plan})"


@dataclass(eq=False, repr=False)
class Weighed:
    """The `output`, and behind it the `weights`, which are computed when first read.

    What `Attended` is to attention. Read the weights before you change an input in place.
    """

    output: Float[Tensor, "B H Tq Dv"]
    weigh: Callable[[], Tensor]

    @lazy
    def weights(self) -> Float[Tensor, "B H Tq Tk *D"]:
        """How much of each key's value is in each output; of each channel where they differ."""
        return self.weigh()

    def __repr__(self) -> str:
        return f"Weighed(output {tuple(self.output.shape)})"
