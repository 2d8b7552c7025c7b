"""Transient-global attention: a window, and a sum of each block of the text (Guo et al., 2022)."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_sequence, checked, head_size_of
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Dense, Mask, Window, as_mask
from attnlib.masks._laying import blank_hidden, lay
from attnlib.positions.t5_buckets import BucketedBias, bucket
from attnlib.scores import dot


class TransientGlobalAttention(nn.Module):
    """softmax over |i − j| ≤ radius and the G blocks, keys [x·Wk; g·Wk], values [x·Wv; g·Wv].

        g_b = norm(Σ of x over block b)

    The blocks' sums are made anew in every layer, for that layer alone, by the same matrices as the
    tokens; both have T5's buckets as a bias, a block by how many blocks it is away (section 3.1).
    What is left at the end belongs to the last whole block. For encoders.

    - `size`: E. `heads`: H. `head_size`: D, by default E/H. `radius`: tokens on either side.
    - `block`: tokens per block. `buckets`, `longest`: see `BucketedBias`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        head_size: int | None = None,
        radius: int,
        block: int,
        buckets: int = 32,
        longest: int = 128,
    ) -> None:
        super().__init__()
        check_at_least(1, "block", block)
        head_size = head_size_of(size, heads, head_size)
        self.heads, self.block, self.window = heads, block, Window(radius + 1)
        wide = heads * head_size
        self.query, self.key, self.value = (nn.Linear(size, wide, bias=False) for _ in range(3))
        self.output = nn.Linear(wide, size, bias=False)
        self.norm = nn.RMSNorm(size, eps=1e-6)
        self.near_bias = BucketedBias(heads, buckets=buckets, longest=longest)
        self.block_bias = BucketedBias(heads, buckets=buckets, longest=longest)
        self.attend = Attend(score=dot)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*B1 #T #T"] | None = None
    ) -> Float[Tensor, "B T E"]:
        """`mask`: who may look at whom besides the window.

        A sum leaves out what nobody sees; a token sees a sum if it may see all the rest of it.
        """
        check_sequence("x", x, self.query)
        x, _ = blank_hidden(x, None, mask)
        tokens, number = x.shape[1], x.shape[1] // self.block
        own = self._block_of(tokens, x.device)
        near = self.window if mask is None else self.window & as_mask(mask)
        allowed = Window(tokens + 1) if mask is None else as_mask(mask)
        may = lay(allowed, x.unsqueeze(1), x.unsqueeze(1))
        there = may.any(dim=2, keepdim=True)  # (#B, 1, 1, T)
        sums = self._sums(x.masked_fill(~there[:, 0].mT, 0), own, dim=1)[:, :number]
        both = torch.cat((x, self.norm(sums)), dim=1)

        missed = self._sums((there & ~may).long(), own, dim=3)
        held = (missed == 0) & (self._sums(there.long(), own, dim=3) > 0)
        seen = torch.cat((lay(near, x.unsqueeze(1), x.unsqueeze(1)), held[..., :number]), dim=-1)
        bias = torch.cat((self.near_bias(tokens, tokens), self._bias(own, number)), dim=-1)
        query = split_heads(self.query(x), self.heads)
        key, value = (split_heads(w(both), self.heads) for w in (self.key, self.value))
        attended = self.attend(query, key, value, mask=Dense(seen), bias=bias.to(query))
        return self.output(merge_heads(attended.output))

    def _sums(self, states: Tensor, own: Int[Tensor, " T"], dim: int) -> Tensor:
        """The sums along one axis over the blocks, and one number more, where there is no block."""
        shape = list(states.shape)
        shape[dim] = states.shape[dim] // self.block + 1
        return states.new_zeros(shape).index_add(dim, own, states)

    def _block_of(self, tokens: int, device: torch.device) -> Int[Tensor, " T"]:
        """The block of each token; where there is no whole one, a last one that is dropped."""
        number = tokens // self.block
        last = number - 1 if number else 0
        return (torch.arange(tokens, device=device) // self.block).clamp(max=last)

    def _bias(self, own: Int[Tensor, " T"], number: int) -> Float[Tensor, "1 H T G"]:
        away = own.unsqueeze(-1) - torch.arange(number, device=own.device)
        table, longest = self.block_bias.table, self.block_bias.longest
        index = bucket(away, table.shape[0], longest=longest, causal=False)
        return table[index].permute(2, 0, 1).unsqueeze(0)
