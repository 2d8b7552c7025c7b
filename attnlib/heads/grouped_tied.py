"""Grouped-tied attention: key and value of a group are one state (Zadouri et al., 2025)."""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.latent import LatentCache
from attnlib.checks import check_groups, check_sequence, checked, head_size_of
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.positions.rotary import Pairing, rotate


class GroupedTiedAttention(nn.Module):
    """v_g = s_g, k_g = [first half of s_g; RoPE(x·W_KR)], with one state s_g = x·W_g per group.

    Half of a key is the value's own first half, without a place; the other half carries the place
    and is one for all groups. So D·(G + 1/2) numbers per token are kept, where grouped queries keep
    2·D·G (section 3.3.1).

    - `size`: E. `heads`: H. `key_heads`: G, the groups. `head_size`: D, a multiple of 4, by default
      E/H. `base`, `pairing`: see `positions.rotary`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int,
        head_size: int | None = None,
        base: float = 10_000.0,
        pairing: Pairing = "half",
    ) -> None:
        super().__init__()
        head_size = head_size_of(size, heads, head_size)
        check_groups(heads, key_heads)
        if head_size % 4:
            raise ValueError(
                f"head_size {head_size} is no multiple of 4: half of it turns in pairs"
            )
        self.heads, self.key_heads = heads, key_heads
        self.query = nn.Linear(size, heads * head_size, bias=False)
        self.state = nn.Linear(size, key_heads * head_size, bias=False)
        self.rotary_key = nn.Linear(size, head_size // 2, bias=False)
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
        keeps the states of all groups side by side, and the rotary key.
        """
        check_sequence("x", x, self.query)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask) if cache is None else (x, None)
        before = 0 if cache is None else cache.length
        places = torch.arange(before, before + x.shape[1], device=x.device)
        plain, turning = split_heads(self.query(x), self.heads).chunk(2, dim=-1)
        query = torch.cat((plain, self.turn(turning, places)), dim=-1)

        states = self.state(x)
        placed = self.turn(self.rotary_key(x).unsqueeze(1), places).squeeze(1)  # (B, T, D/2)
        if cache is not None:
            states, placed = cache.update(states, placed)
        state = split_heads(states, self.key_heads)
        shared = placed.unsqueeze(1).expand(-1, self.key_heads, -1, -1)
        key = torch.cat((state.chunk(2, dim=-1)[0], shared), dim=-1)
        return self.output(merge_heads(self.attend(query, key, state, mask=mask).output))
