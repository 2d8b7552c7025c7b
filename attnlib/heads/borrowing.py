"""Keys and values of another layer: a cache for some layers only (CLA: Brandon et al., 2024)."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_sequence, checked, head_size_of
from attnlib.heads._projections import Turn
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once


class BorrowingAttention(nn.Module):
    """headₕ = attention(x·Wqₕ, k, v) with the keys and values that an earlier layer made.

        query, key, value = first.project(x)      a MultiHeadAttention, which keeps its cache
        later(y, key, value, mask=Causal())       needs none

    In cross-layer attention neighbors share (Brandon et al., 2024); in YOCO the upper half of a
    model borrows from its middle (Sun et al., 2024); in Gemma 3n and 4 the last layers from the
    last of their kind that made its own.

    - `size`: E. `heads`: H, a multiple of the heads of the keys. `head_size`: D, that of the keys,
      by default E/H. `value_size`: that of the values, by default D.
    - `turn`, `head_norm`: of the query, as in `MultiHeadAttention`; the keys come turned.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        head_size: int | None = None,
        value_size: int | None = None,
        projection_bias: bool = True,
        attend: Attend | None = None,
        turn: Turn | None = None,
        head_norm: Callable[[int], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.head_size = head_size_of(size, heads, head_size)
        self.value_size = self.head_size if value_size is None else value_size
        self.query = nn.Linear(size, heads * self.head_size, bias=projection_bias)
        self.output = nn.Linear(heads * self.value_size, size, bias=projection_bias)
        self.attend = Attend() if attend is None else attend
        self.turn = turn
        self.query_norm = nn.Identity() if head_norm is None else head_norm(self.head_size)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        key: Float[Tensor, "B G Tk D"],
        value: Float[Tensor, "B G Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        """x stands at the last places of the keys. Raises ValueError when sizes do not fit."""
        check_sequence("x", x, self.query)
        if key.shape[3] != self.head_size:
            raise ValueError(f"key has size {key.shape[3]}, but the heads have {self.head_size}")
        if value.shape[3] != self.value_size:
            raise ValueError(f"value has size {value.shape[3]}, but expected is {self.value_size}")
        mask = laid_once(mask)
        x, _ = blank_hidden(x, merge_heads(key), mask)
        query = self.query_norm(split_heads(self.query(x), self.heads))
        if self.turn is not None:
            first = key.shape[2] - x.shape[1]
            query = self.turn(query, torch.arange(first, key.shape[2], device=x.device))
        seen = self.attend(query, key, value, mask=mask, bias=bias)
        return self.output(merge_heads(seen.output))
