"""Multi-head temporal latent attention: one latent for every few tokens (Deng and Woodland, 2025).

tokens      1    2    3    4    5         a stride of 2
entries     └ ĉ₁ ┘    └ ĉ₂ ┘    ĉ₃ …      ĉ_j = Σ w_i c_i, the open one grows with each token

Latent attention keeps a small vector per token; here neighbors share one, so that less is kept and
fewer keys are looked at, both by the stride.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.temporal import TemporalLatentCache
from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.heads.latent import LatentAttention
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Dense, Mask
from attnlib.masks._laying import any_along, blank_hidden, laid_once
from attnlib.positions import sinusoidal
from attnlib.positions.rotary import Pairing


class TemporalLatentAttention(nn.Module):
    """Latent attention to ĉ_j = Σ w_i c_i,   w_i = σ(c_i·W_C · p_j·W_P)          (equation 13)

    over the tokens i of entry j, and p_j the sinusoid of place j. A token sees all finished entries
    and its own one as far as it has come, so that training computes what decoding does (section
    4.2). The rotary key of an entry is that of its last token so far (section 4.3).

    - `stride`: s, the tokens of an entry. The other arguments are those of `LatentAttention`;
      `latent_size`, C, is even, for the sinusoid. `layer` holds its matrices; as there, scores are
      divided by √(D + R).
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        head_size: int,
        latent_size: int,
        rotary_size: int,
        stride: int = 2,
        query_latent_size: int | None = None,
        absorbed: bool = False,
        base: float = 10_000.0,
        pairing: Pairing | None = "interleaved",
    ) -> None:
        super().__init__()
        check_at_least(1, "stride", stride)
        self.stride = stride
        self.layer = LatentAttention(
            size,
            heads,
            head_size=head_size,
            latent_size=latent_size,
            rotary_size=rotary_size,
            query_latent_size=query_latent_size,
            absorbed=absorbed,
            base=base,
            pairing=pairing,
        )
        self.content = nn.Linear(latent_size, latent_size)
        self.place = nn.Linear(latent_size, latent_size)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*B1 #T #T"] | None = None,
        cache: TemporalLatentCache | None = None,
    ) -> Float[Tensor, "B T E"]:
        """`mask`: who may look at whom besides the causal rule. With a `cache`, x is the newest
        tokens of a text and looks at all before, too.

        An entry is seen by tokens that may see all of it, what is hidden from everybody left out;
        in its own entry a token sees all before it. Raises ValueError for a mask with a cache,
        which no longer tells single tokens apart, and for a cache of another stride.
        """
        check_sequence("x", x, self.layer.down)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask)
        allowed = None if mask is None else mask.dense(x.shape[1], device=x.device)
        cache = self._cache(cache, allowed)
        before, finished = cache.length, cache.entries
        places = torch.arange(before, before + x.shape[1], device=x.device)
        seen = self._seen(places, finished)
        if allowed is not None:
            there = any_along(allowed, 2)  # (#B, 1, T)
            x = x.masked_fill(~there.mT, 0)  # the latent of a token nobody sees is 0
            seen = seen & self._allowed(allowed, there)
        layer = self.layer
        rotary_key = layer._rotate(layer.rotary_key(x).unsqueeze(1), places).squeeze(1)
        latent = layer.norm(layer.down(x))
        latent, rotary_key = cache.update(self._weighed(latent, before), rotary_key)

        query = split_heads(layer.query(x), layer.heads)
        plain, turning = query.tensor_split([layer.head_size], dim=-1)
        look = layer._absorbed if layer.absorbed else layer._expanded
        found = look(plain, layer._rotate(turning, places), latent, rotary_key, Dense(seen))
        return layer.output(merge_heads(found))

    def _cache(
        self, cache: TemporalLatentCache | None, allowed: Tensor | None
    ) -> TemporalLatentCache:
        if cache is None:
            return TemporalLatentCache(self.stride)
        if allowed is not None:
            raise ValueError("cache keeps sums of tokens: no mask can go with it")
        if cache.stride != self.stride:
            raise ValueError(f"cache has stride {cache.stride}, but the layer has {self.stride}")
        return cache

    def _weighed(self, latent: Float[Tensor, "B T C"], before: int) -> Float[Tensor, "B T C"]:
        """w_i c_i; the weight is a product of what the token holds and of where its entry is."""
        tokens, size = latent.shape[1:]
        first, inside = before // self.stride, before % self.stride
        number = -(-(inside + tokens) // self.stride)
        table = sinusoidal(number, size, first=first, dtype=latent.dtype, device=latent.device)
        where = self.place(table).repeat_interleave(self.stride, dim=0)[inside : inside + tokens]
        return (self.content(latent) * where).sum(dim=-1, keepdim=True).sigmoid() * latent

    def _seen(self, places: Tensor, finished: int) -> Bool[Tensor, "T S"]:
        """All entries finished before, of these tokens' sums its own and earlier whole ones."""
        last = (places + 1) % self.stride == 0
        asking = places.unsqueeze(-1)
        now = (asking == places) | ((places < asking) & last)
        return torch.cat((now.new_ones(len(places), finished), now), dim=1)

    def _allowed(
        self, allowed: Bool[Tensor, "#B 1 T T"], there: Bool[Tensor, "#B 1 T"]
    ) -> Bool[Tensor, "#B 1 T T"]:
        """Where a key's whole entry is allowed, but for what nobody sees; of its own, it itself."""
        tokens = allowed.shape[3]
        there = there.unsqueeze(2)
        whole = F.pad(allowed | ~there, (0, -tokens % self.stride)).unflatten(3, (-1, self.stride))
        some = F.pad(there, (0, -tokens % self.stride)).unflatten(3, (-1, self.stride))
        entries = (whole.all(dim=-1) & some.any(dim=-1)).repeat_interleave(self.stride, dim=3)
        own = torch.eye(tokens, dtype=torch.bool, device=allowed.device)
        return allowed.where(own, entries[..., :tokens])
