"""Keys that are values, too: one projection and half the cache (Gemma 4: Google, 2026)."""

from collections.abc import Callable
from typing import Unpack

from torch import Tensor, nn

from attnlib.heads._projections import ContextOptions
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import split_heads


class KeysAsValuesAttention(MultiHeadAttention):
    """vₕ = norm(c·Wkₕ), kₕ = turn(head_norm(c·Wkₕ)): the value is the key before it is turned.

    There is no Wv. The value keeps what the key says and not where it stands; a cache may keep the
    unturned key alone and turn it when it is read. (Multi-query attention with the *turned* key as
    value is `SharedStateAttention`.)

    - `value_norm`: makes the norm of the values, of D numbers; in Gemma 4 an `nn.RMSNorm` without
      weights. By default none.
    - The other arguments are those of `MultiHeadAttention`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        value_norm: Callable[[int], nn.Module] | None = None,
        **options: Unpack[ContextOptions],
    ) -> None:
        super().__init__(size, heads, **options)
        del self.value
        self.value_norm = nn.Identity() if value_norm is None else value_norm(self.head_size)

    def _key_and_value(self, context: Tensor) -> tuple[Tensor, Tensor]:
        both = split_heads(self.key(context), self.key_heads)
        return self.key_norm(both), self.value_norm(both)
