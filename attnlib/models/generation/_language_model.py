"""What can write: a `GPT`, a `Llama`, or anything of their shape; what is asked, how it reads."""

from collections.abc import Callable, Sequence
from typing import Protocol

from jaxtyping import Float, Int
from torch import Tensor

from attnlib.caches import Cache, KVCache
from attnlib.checks import check_at_least, check_integers
from attnlib.masks import Mask
from attnlib.models._one_token import one_token


class LanguageModel(Protocol):
    """Logits of the token after each, from the newest tokens and the caches of those before."""

    training: bool

    def __call__(
        self,
        tokens: Int[Tensor, "B T"],
        *,
        mask: Mask | None = None,
        caches: Sequence[Cache] | None = None,
        padding: Int[Tensor, " B"] | None = None,
        last: int | None = None,
    ) -> Float[Tensor, "B L V"]: ...

    def caches(self, capacity: int | None = None) -> Sequence[KVCache]: ...


def check_writing(model: LanguageModel, tokens: Tensor, length: int, end: int | None) -> None:
    """Raise unless the model can write so many tokens behind these."""
    check_integers("tokens", tokens, dims=(2,))
    if tokens.shape[1] == 0:
        raise ValueError("tokens must have at least one token per row, got none")
    check_at_least(0, "length", length)
    if end is not None:
        check_at_least(0, "end", end)
    if model.training:
        raise ValueError("model is in training mode, where it drops: call model.eval() first")


class Reader:
    """The newest tokens in, the logits of the next out: from the model itself or, token by token,
    from the straight code for it, where that computes the same.

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
