"""Multi-head latent attention: all heads' keys and values from one small vector per token.

(DeepSeek-AI, 2024, DeepSeek-V2, section 2.1; appendix C has the formulas in full.)

x ── down ──> latent c ──┬── up ──> keys of H heads      expanded: the textbook form
   └────────> k_R ───────┤── up ──> values of H heads
                         └── as it is: one key and value head for all    absorbed: the same, cheaper

Only c and k_R are kept for later tokens, in a `caches.LatentCache`: C + R numbers per token instead
of 2·H·D.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.latent import LatentCache
from attnlib.checks import check_at_least, check_sequence, checked, weight_of
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.positions.rotary import Pairing, rotate


class LatentAttention(nn.Module):
    """c = norm(x·W_DKV), kₕ = [c·W_UKₕ; RoPE(x·W_KR)], vₕ = c·W_UVₕ, and qₕ likewise.

    The score of a head is (qₕ·kₕ) / √(D + R). Rotary places sit in R numbers of their own
    (decoupled), one such key for all heads: turned, c·W_UK could not be absorbed.

    - `size`: E. `heads`: H. `head_size`: D, of the part without places. `value_head_size`: of the
      values, by default D; in GLM-5, for one, they differ.
    - `latent_size`: C. `rotary_size`: R, even. `query_latent_size`: that of the queries' own
      latent; None makes queries from x directly.
    - `absorbed`: with W_UK moved to the query and W_UV behind the sum, every head attends to c
      itself, as one shared key and value head (multi-query attention with D = C + R). The result
      is the same; it is the form for decoding. `attend` then records heads that share one key.
    - `base`, `pairing`: see `positions.rotary`; a pairing of None turns nothing (Kimi Linear).

    As in the paper's section 3.1.2, each latent passes an RMSNorm, with `eps` under its root.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        head_size: int,
        value_head_size: int | None = None,
        latent_size: int,
        rotary_size: int,
        query_latent_size: int | None = None,
        absorbed: bool = False,
        base: float = 10_000.0,
        pairing: Pairing | None = "interleaved",
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        value_size = head_size if value_head_size is None else value_head_size
        sizes = {"heads": heads, "head_size": head_size, "value_head_size": value_size}
        for name, count in sizes.items():
            check_at_least(1, name, count)
        self.heads, self.head_size, self.absorbed = heads, head_size, absorbed
        self.base, self.pairing = base, pairing
        query_size = heads * (head_size + rotary_size)
        if query_latent_size is None:
            self.query: nn.Module = nn.Linear(size, query_size, bias=False)
        else:
            self.query = nn.Sequential(
                nn.Linear(size, query_latent_size, bias=False),
                nn.RMSNorm(query_latent_size, eps=eps),
                nn.Linear(query_latent_size, query_size, bias=False),
            )
        self.down = nn.Linear(size, latent_size, bias=False)
        self.norm = nn.RMSNorm(latent_size, eps=eps)
        self.rotary_key = nn.Linear(size, rotary_size, bias=False)
        self.up_key = nn.Linear(latent_size, heads * head_size, bias=False)
        self.up_value = nn.Linear(latent_size, heads * value_size, bias=False)
        self.output = nn.Linear(heads * value_size, size, bias=False)
        self.attend = Attend(scale=1 / math.sqrt(head_size + rotary_size))

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
        cache: LatentCache | None = None,
    ) -> Float[Tensor, "B T E"]:
        """With a `cache`, x is the newest tokens of a text and looks at all before, too."""
        check_sequence("x", x, self.down)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask) if cache is None else (x, None)
        before = 0 if cache is None else cache.length
        places = torch.arange(before, before + x.shape[1], device=x.device)
        rotary_key = self._rotate(self.rotary_key(x).unsqueeze(1), places).squeeze(1)
        latent = self.norm(self.down(x))
        if cache is not None:
            latent, rotary_key = cache.update(latent, rotary_key)

        query = split_heads(self.query(x), self.heads)
        plain, turning = query.tensor_split([self.head_size], dim=-1)
        turned = self._rotate(turning, places)
        look = self._absorbed if self.absorbed else self._expanded
        return self.output(merge_heads(look(plain, turned, latent, rotary_key, mask)))

    def _expanded(
        self,
        plain: Tensor,
        turned: Tensor,
        latent: Float[Tensor, "B Tk C"],
        rotary_key: Float[Tensor, "B Tk R"],
        mask: Mask | Tensor | None,
    ) -> Float[Tensor, "B H T D"]:
        key = split_heads(self.up_key(latent), self.heads)
        value = split_heads(self.up_value(latent), self.heads)
        shared = rotary_key.unsqueeze(1).expand(-1, self.heads, -1, -1)
        query, key = torch.cat((plain, turned), dim=-1), torch.cat((key, shared), dim=-1)
        return self.attend(query, key, value, mask=mask).output

    def _absorbed(
        self,
        plain: Tensor,
        turned: Tensor,
        latent: Float[Tensor, "B Tk C"],
        rotary_key: Float[Tensor, "B Tk R"],
        mask: Mask | Tensor | None,
    ) -> Float[Tensor, "B H T D"]:
        up_key, up_value = self._matrix(self.up_key, latent), self._matrix(self.up_value, latent)
        query = torch.cat((plain @ up_key, turned), dim=-1)  # (B, H, T, C + R)
        key = torch.cat((latent, rotary_key), dim=-1).unsqueeze(1)  # (B, 1, Tk, C + R)
        value = latent.unsqueeze(1)  # (B, 1, Tk, C)
        return self.attend(query, key, value, mask=mask).output @ up_value.mT

    def _matrix(self, up: nn.Module, latent: Tensor) -> Float[Tensor, "H D C"]:
        """The matrix that a projection is, also of one wrapped by others."""
        matrix = weight_of(up)
        if matrix is None:
            matrix = up(torch.eye(latent.shape[-1], dtype=latent.dtype, device=latent.device)).mT
        return matrix.unflatten(0, (self.heads, -1))

    def _rotate(self, states: Float[Tensor, "B H T R"], places: Tensor) -> Tensor:
        if self.pairing is None:
            return states
        return rotate(states, places, base=self.base, pairing=self.pairing)
