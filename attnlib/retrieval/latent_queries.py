"""Latent queries: a few learned tokens read a long input (Jaegle et al., 2021, Perceiver)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once


class LatentQueries(nn.Module):
    """output = z + multi_head(norm(z), norm(x)), z the N learned latents (section 3.1).

    Cross-attention whose queries do not come from any input: its cost is N · T, and what follows
    works on N tokens, however long the input was. It does not know the order of x; positions must
    be in x.

    - `size`: E, of the latents and the output. `heads`: H. `latents`: N.
    - `context_size`: C, of x, by default E.
    """

    def __init__(
        self, size: int, heads: int, *, latents: int, context_size: int | None = None
    ) -> None:
        super().__init__()
        check_at_least(1, "latents", latents)
        self.context_size = size if context_size is None else context_size
        self.latents = nn.Parameter(torch.empty(latents, size))
        nn.init.trunc_normal_(self.latents, std=0.02)
        self.latent_norm = nn.LayerNorm(size)
        self.norm = nn.LayerNorm(self.context_size)
        self.cross_attention = MultiHeadAttention(size, heads, context_size=self.context_size)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T C"],
        *,
        mask: Mask | Bool[Tensor, "*BH #N #T"] | None = None,
    ) -> Float[Tensor, "B N E"]:
        check_sequence("x", x, self.norm)
        latents = self.latents.expand(x.shape[0], -1, -1)
        mask = laid_once(mask)
        _, x = blank_hidden(latents, x, mask)
        return latents + self.cross_attention(self.latent_norm(latents), self.norm(x), mask=mask)
