"""A model that reads on: the newest tokens in, the logits of the next out."""

from collections.abc import Callable, Sequence

from jaxtyping import Float, Int
from torch import Tensor

from attnlib.caches import Cache
from attnlib.masks import Mask
from attnlib.models._one_token import one_token
from attnlib.models.generation._language_model import LanguageModel


class Reader:
    """What is behind the newest tokens, from the model itself or, token by token, from the straight
    code for it, where that computes the same.

    The model reads first, and so has checked tokens and caches before straight code does.
    """

    def __init__(
        self,
        model: LanguageModel,
        caches: Sequence[Cache],
        *,
        mask: Mask | None = None,
        padding: Int[Tensor, " B"] | None = None,
    ) -> None:
        self.model, self.caches = model, caches
        self.mask, self.padding = mask, padding
        self.has_read = False
        self.step: Callable[[Int[Tensor, "B 1"]], Float[Tensor, "B V"]] | None = None

    def __call__(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B V"]:
        if self.step is not None and tokens.shape[1] == 1:
            return self.step(tokens)
        logits = self.model(
            tokens, mask=self.mask, caches=self.caches, padding=self.padding, last=1
        )[:, -1]
        if not self.has_read and self.mask is None:
            self.step = one_token(self.model, self.caches, self.padding)
        self.has_read = True
        return logits
