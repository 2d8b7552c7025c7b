"""What can write: a `GPT`, a `Llama`, or anything of their shape; and what it is asked to write."""

from collections.abc import Sequence
from typing import Protocol

from jaxtyping import Float, Int
from torch import Tensor

from attnlib.caches import Cache, KVCache
from attnlib.checks import check_at_least, check_integers
from attnlib.masks import Mask


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
