"""Compressed convolutional attention: queries and keys mixed with those before.

(Figliolia et al., 2025.)

x ── Wq, Wk ──> q̃, k̃ ──> convolved over the last tokens ──(+)──> normed, turned, attended
                  └────── mean of both: the residual ───────┘
x ── two Wv ──> v: one half of this token, one half of the token before
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.convolutional import ConvolutionalCache
from attnlib.checks import check_at_least, check_groups, check_sequence, checked
from attnlib.heads._projections import Turn
from attnlib.layout import merge_heads, repeat_heads, split_heads
from attnlib.masks import Causal, Mask, as_mask
from attnlib.masks._laying import blank_hidden, laid_once, unseen_keys


class ConvolutionalAttention(nn.Module):
    """Causal attention in a small space, made richer by what stood just before (CCA; Zyphra).

        m = (q̃ + k̃) / 2;   q = conv(q̃) + m,   k = conv(k̃) + mean of m over the heads of its group
        q ← √D · q/‖q‖,   k ← τ_g · √D · k/‖k‖,   both then turned

    The convolutions look at the last `kernels[0] + kernels[1] − 1` tokens: the first takes each
    channel by itself, the second all channels of a head. H·D may be far less than E, so that scores
    and cache shrink alike: of a token 2·G·D numbers are kept, with 2 key heads of 128 in 16 bits
    1 KiB.

    - `size`: E. `heads`: H. `key_heads`: G. `head_size`: D, even. `turn`: see `MultiHeadAttention`.
    - `kernels`: how many tokens each convolution sees, itself included.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int,
        head_size: int,
        kernels: tuple[int, int] = (2, 2),
        turn: Turn | None = None,
    ) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        check_groups(heads, key_heads)
        for kernel in kernels:
            check_at_least(1, "kernels", kernel)
        if head_size % 2:
            raise ValueError(
                f"head_size must be even: half is of the token before; got {head_size}"
            )
        self.heads, self.key_heads, self.kernels, self.turn = heads, key_heads, kernels, turn
        wide, narrow = heads * head_size, key_heads * head_size
        self.query = nn.Linear(size, wide, bias=False)
        self.key = nn.Linear(size, narrow, bias=False)
        self.value_now = nn.Linear(size, narrow // 2, bias=False)
        self.value_before = nn.Linear(size, narrow // 2, bias=False)
        both, groups = wide + narrow, heads + key_heads
        self.each_channel = nn.Conv1d(both, both, kernels[0], groups=both)
        self.each_head = nn.Conv1d(both, both, kernels[1], groups=groups)
        self.strength = nn.Parameter(torch.ones(key_heads))
        self.output = nn.Linear(wide, size, bias=False)
        self.attend = Attend()

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
        cache: ConvolutionalCache | None = None,
    ) -> Float[Tensor, "B T E"]:
        """`mask`: who may look at whom besides the causal rule. With a `cache`, x is the newest
        tokens of a text and looks at all before, too.

        What it hides from all still stands between its neighbors, as zeros, in the convolutions and
        as the token before; what it asks itself comes of its neighbors alone. (With a cache, from
        all that came so far.)
        """
        check_sequence("x", x, self.query)
        rule = laid_once(Causal() if mask is None else Causal() & as_mask(mask))
        x, _ = blank_hidden(x, None, rule) if cache is None else (x, None)
        start = 0 if cache is None else cache.length
        unseen = unseen_keys(rule, x, start)
        if unseen is not None:
            x = x.masked_fill(unseen.all(dim=1).unsqueeze(-1), 0)
        count = max(sum(self.kernels) - 2, 1)  # of the tokens before that are read
        parts = self.query(x), self.key(x), self.value_before(x)
        both, narrow = torch.cat(parts, dim=-1), parts[2].shape[-1]
        states = F.pad(both, (0, 0, count, 0)) if cache is None else cache.behind(both, count)
        flat, before = states.split([states.shape[-1] - narrow, narrow], dim=-1)
        query, key = (self._normed(states) for states in self._mixed(flat, count))
        key = key * self.strength.view(-1, 1, 1)
        if self.turn is not None:
            places = torch.arange(start, start + x.shape[1], device=x.device)
            query, key = self.turn(query, places), self.turn(key, places)
        value = torch.cat((self.value_now(x), before[:, count - 1 : -1]), dim=-1)
        value = split_heads(value, self.key_heads)
        if cache is not None:
            key, value = cache.update(key, value, states[:, -count:])
        return self.output(merge_heads(self.attend(query, key, value, mask=rule).output))

    def _mixed(
        self, flat: Float[Tensor, "B N+T C"], count: int
    ) -> tuple[Float[Tensor, "B H T D"], Float[Tensor, "B G T D"]]:
        query, key = self._apart(flat[:, count:])
        mean = (query + repeat_heads(key, self.heads)) / 2
        of_group = mean.unflatten(1, (self.key_heads, -1)).mean(dim=2)
        padded = F.pad(flat.mT, (1, 0))  # one more, for a text of no token
        mixed = self.each_head(self.each_channel(padded)).mT
        query, key = self._apart(mixed[:, count + 3 - sum(self.kernels) :])
        return query + mean, key + of_group

    def _apart(self, flat: Tensor) -> tuple[Float[Tensor, "B H T D"], Float[Tensor, "B G T D"]]:
        heads = split_heads(flat, self.heads + self.key_heads)
        query, key = heads.split([self.heads, self.key_heads], dim=1)
        return query, key

    def _normed(self, states: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H T D"]:
        return F.normalize(states, dim=-1) * math.sqrt(states.shape[-1])
