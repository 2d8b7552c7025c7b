"""Tensor product attention: heads from a few pairs of small vectors (Zhang et al., 2025, T6)."""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.latent import LatentCache
from attnlib.checks import check_at_least, check_sequence, checked, head_size_of
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.positions.rotary import Pairing, rotate


class TensorProductAttention(nn.Module):
    """[q₁ … q_H] = 1/R Σᵣ aᵣ(x) ⊗ bᵣ(x): H numbers a for the heads, D numbers b; k, v likewise.

    Of a token only the a and b of keys and values are kept, (R_K + R_V)·(H + D) numbers in place of
    2·H·D: with the ranks below and H = D = 64, in 16 bits, 1 KiB and not 16. The b of queries and
    keys are turned by the place, and kept turned (sections 3.1, 3.2).

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
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
        cache: LatentCache | None = None,
    ) -> Float[Tensor, "B T E"]:
        """With a `cache`, x is the newest tokens of a text and looks at all before, too. It
        keeps the b of the keys as rotary key, and the other three side by side as latent.
        """
        check_sequence("x", x, self.query.heads)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask) if cache is None else (x, None)
        before = 0 if cache is None else cache.length
        places = torch.arange(before, before + x.shape[1], device=x.device)
        (a, b), (key_a, key_b), (value_a, value_b) = self.query(x), self.key(x), self.value(x)
        query, key_b = _product(a, self.turn(b, places)), self.turn(key_b, places)
        if cache is not None:
            plain = key_a, value_a, value_b
            sizes = [part.shape[1] * part.shape[3] for part in plain]
            latent, turned = cache.update(
                torch.cat([merge_heads(part) for part in plain], dim=-1), merge_heads(key_b)
            )
            parts = zip(plain, latent.split(sizes, dim=-1), strict=True)
            key_a, value_a, value_b = (split_heads(kept, new.shape[1]) for new, kept in parts)
            key_b = split_heads(turned, key_b.shape[1])
        key, value = _product(key_a, key_b), _product(value_a, value_b)
        seen = self.attend(query, key, value, mask=mask)
        return self.output(merge_heads(seen.output))


def _product(a: Float[Tensor, "B R T H"], b: Float[Tensor, "B R T D"]) -> Float[Tensor, "B H T D"]:
    return torch.einsum("brth,brtd->bhtd", a, b) / a.shape[1]


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
