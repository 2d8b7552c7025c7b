"""A window, and tokens that see all and are seen by all (Longformer: Beltagy et al., 2020)."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_sequence, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Dense, Mask, Window, as_mask
from attnlib.masks._laying import blank_hidden, lay


class GlobalTokensAttention(nn.Module):
    """Tokens see their window and the global tokens; these see all, by matrices of their own.

        local token    attention(x·Wq, x·Wk, x·Wv) over |i − j| < window or j global
        global token   attention(x·Wq′, x·Wk′, x·Wv′) over all

    (Section 3.1: a classifier's first token or all of a question are global.) The work is T times
    what a token sees, and not T².

    - `size`: E. `heads`: H. `window`: W, of which each side has W − 1 besides the token itself.
    - The other arguments are those of `MultiHeadAttention`.
    """

    def __init__(self, size: int, heads: int, *, window: int, **options: Any) -> None:
        super().__init__()
        self.window = Window(window)
        self.near = MultiHeadAttention(size, heads, **options)
        parts = (self.near.query, self.near.key, self.near.value)
        self.query, self.key, self.value = (
            nn.Linear(size, part.out_features, bias=part.bias is not None) for part in parts
        )
        self.attend = Attend()

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        everywhere: Bool[Tensor, "#B T"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        """`everywhere`: which tokens are global. `mask`: who may look at whom besides."""
        check_sequence("x", x, self.query)
        x, _ = blank_hidden(x, None, mask)
        query, key, value = self.near.project(x)
        also = Window(x.shape[1] + 1) if mask is None else as_mask(mask)
        open_keys = Dense(everywhere[:, None, None, :])
        local = self.near.attend(query, key, value, mask=(self.window | open_keys) & also).output

        query = split_heads(self.query(x), self.near.heads)
        key, value = (split_heads(w(x), self.near.key_heads) for w in (self.key, self.value))
        of_all = self.attend(query, key, value, mask=Dense(lay(also, query, key))).output
        seen = torch.where(everywhere[:, None, :, None], of_all, local)
        return self.near.output(merge_heads(seen))
