"""Tensor product attention: heads from a few pairs of small vectors (Zhang et al., 2025, T6)."""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_sequence, checked, head_size_of
from attnlib.layout import merge_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.positions.rotary import Pairing, rotate


class TensorProductAttention(nn.Module):
    """[q₁ … q_H] = 1/R Σᵣ aᵣ(x) ⊗ bᵣ(x): H numbers a for the heads, D numbers b; k, v likewise.

    Of a token only the a and b of keys and values are kept, (R_K + R_V)·(H + D) numbers in place of
    2·H·D. The b of queries and keys are turned by the place, and kept turned (sections 3.1, 3.2).

    - `size`: E. `heads`: H. `head_size`: D, by default E/H.
    - `query_rank`, `key_rank`, `value_rank`: R of each; in the paper 6, 2 and 2.
    - `base`, `pairing`: see `positions.rotary`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        head_size: int | None = None,
        query_rank: int = 6,
        key_rank: int = 2,
        value_rank: int = 2,
        base: float = 10_000.0,
        pairing: Pairing = "half",
    ) -> None:
        super().__init__()
        head_size = head_size_of(size, heads, head_size)
        self.heads = heads
        self.query = _Factors(size, heads, head_size, query_rank)
        self.key = _Factors(size, heads, head_size, key_rank)
        self.value = _Factors(size, heads, head_size, value_rank)
        self.output = nn.Linear(heads * head_size, size, bias=False)
        self.turn = partial(rotate, base=base, pairing=pairing)
        self.attend = Attend()

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None
    ) -> Float[Tensor, "B T E"]:
        check_sequence("x", x, self.query.heads)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask)
        places = torch.arange(x.shape[1], device=x.device)
        states = []
        for factors in (self.query, self.key, self.value):
            of_heads, of_size = factors(x)
            if factors is not self.value:
                of_size = self.turn(of_size, places)
            product = torch.einsum("brth,brtd->bhtd", of_heads, of_size)
            states.append(product / of_heads.shape[1])
        return self.output(merge_heads(self.attend(*states, mask=mask).output))


class _Factors(nn.Module):
    """a (B, R, T, H) and b (B, R, T, D), both linear in x."""

    def __init__(self, size: int, heads: int, head_size: int, rank: int) -> None:
        super().__init__()
        check_at_least(1, "rank", rank)
        self.rank = rank
        self.heads = nn.Linear(size, rank * heads, bias=False)
        self.numbers = nn.Linear(size, rank * head_size, bias=False)

    def forward(self, x: Tensor) -> tuple[Float[Tensor, "B R T H"], Float[Tensor, "B R T D"]]:
        parts = (linear(x).unflatten(-1, (self.rank, -1)) for linear in (self.heads, self.numbers))
        of_heads, of_size = (part.transpose(1, 2) for part in parts)
        return of_heads, of_size
