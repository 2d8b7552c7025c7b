"""Grouped latent attention: several small latents, each for some heads (Zadouri et al., 2025).

As multi-head latent attention with G latents in place of one. Absorbed, a latent is the key and the
value of its H/G heads: grouped queries whose groups can be put on processes of their own, where one
latent would have to be copied to all.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.latent import LatentCache
from attnlib.checks import check_at_least, check_groups, check_sequence, checked
from attnlib.layout import merge_heads, repeat_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.positions.rotary import Pairing, rotate


class GroupedLatentAttention(nn.Module):
    """c_g = norm(x·W_g); kₕ = [c_g·W_UKₕ; RoPE(x·W_KR)], vₕ = c_g·W_UVₕ for the heads h of group g.

    - `size`: E. `heads`: H. `groups`: G; 1 is `LatentAttention`. `head_size`: D. `latent_size`: C,
      of each latent. `rotary_size`: R, even.
    - `absorbed`: whether the heads attend to the latents themselves. The result is the same.
    - `base`, `pairing`: see `positions.rotary`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        groups: int,
        head_size: int,
        latent_size: int,
        rotary_size: int,
        absorbed: bool = False,
        base: float = 10_000.0,
        pairing: Pairing = "interleaved",
    ) -> None:
        super().__init__()
        for name, count in (("heads", heads), ("groups", groups), ("head_size", head_size)):
            check_at_least(1, name, count)
        check_groups(heads, groups, "heads", "groups")
        self.heads, self.groups, self.head_size, self.absorbed = heads, groups, head_size, absorbed
        self.base, self.pairing = base, pairing
        self.query = nn.Linear(size, heads * (head_size + rotary_size), bias=False)
        self.down = nn.Linear(size, groups * latent_size, bias=False)
        self.norm = nn.RMSNorm(latent_size, eps=1e-6)
        self.rotary_key = nn.Linear(size, rotary_size, bias=False)
        near = 1 / math.sqrt(latent_size)
        self.up_key = nn.Parameter(torch.empty(heads, head_size, latent_size).uniform_(-near, near))
        self.up_value = nn.Parameter(torch.empty_like(self.up_key).uniform_(-near, near))
        self.output = nn.Linear(heads * head_size, size, bias=False)
        self.attend = Attend(scale=1 / math.sqrt(head_size + rotary_size))

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
        cache: LatentCache | None = None,
    ) -> Float[Tensor, "B T E"]:
        """With a `cache`, x is the newest tokens of a text and looks at all before, too. It
        keeps the latents of all groups side by side, and the rotary key.
        """
        check_sequence("x", x, self.query)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask) if cache is None else (x, None)
        before = 0 if cache is None else cache.length
        places = torch.arange(before, before + x.shape[1], device=x.device)
        plain, turning = split_heads(self.query(x), self.heads).tensor_split([self.head_size], -1)
        turned = rotate(turning, places, base=self.base, pairing=self.pairing)
        latent = self.norm(split_heads(self.down(x), self.groups))  # (B, G, T, C)
        placed = self.rotary_key(x).unsqueeze(1)
        placed = rotate(placed, places, base=self.base, pairing=self.pairing)  # (B, 1, T, R)
        if cache is not None:
            latents, keys = cache.update(merge_heads(latent), placed.squeeze(1))
            latent, placed = split_heads(latents, self.groups), keys.unsqueeze(1)
        look = self._absorbed if self.absorbed else self._expanded
        return self.output(merge_heads(look(plain, turned, latent, placed, mask)))

    def _expanded(
        self, plain: Tensor, turned: Tensor, latent: Tensor, placed: Tensor, mask: Mask | None
    ) -> Float[Tensor, "B H T D"]:
        own = repeat_heads(latent, self.heads)
        key = torch.cat((own @ self.up_key.mT, placed.expand(-1, self.heads, -1, -1)), dim=-1)
        query = torch.cat((plain, turned), dim=-1)
        return self.attend(query, key, own @ self.up_value.mT, mask=mask).output

    def _absorbed(
        self, plain: Tensor, turned: Tensor, latent: Tensor, placed: Tensor, mask: Mask | None
    ) -> Float[Tensor, "B H T D"]:
        query = torch.cat((plain @ self.up_key, turned), dim=-1)  # (B, H, T, C + R)
        key = torch.cat((latent, placed.expand(-1, self.groups, -1, -1)), dim=-1)
        return self.attend(query, key, latent, mask=mask).output @ self.up_value.mT
