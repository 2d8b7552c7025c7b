"""A sliding window as a band of blocks: T · W instead of T².

keys      ▪ ▪ ▪ · · · · ·     A block of queries needs the W − 1 keys before it and its own. These
queries   · · ▪ ▪ ▪ · · ·     stretches of keys overlap; `unfold` shows them as a view, with nothing
   ↓      · · · · ▪ ▪ ▪ ·     copied, and one batched call of PyTorch's kernel computes all blocks.

The first W tokens see all that came before them: plain causal attention, computed apart, as are the
last rows that do not fill a block. The window is Beltagy et al.'s (2020).
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.kernels._fused import fused
from attnlib.masks import Causal, Mask, Window, as_mask
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of

BLOCK = 64


@checked(one_dtype=True)
def banded(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
    block: int = BLOCK,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale) · v over each query's own key and the W − 1 before it.

    Raises ValueError unless the mask is `Causal() & Window(W)`, for a bias or Tq > Tk, and for
    blocks below 1.
    """
    mask = as_mask(mask)
    width = _width(mask, bias, query, key)
    check_at_least(1, "block", block)
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    if query.dtype == torch.float16 and query.device.type == "cpu":  # fifty times slower than wide
        query, key, value = query.float(), key.float(), value.float()
        return banded(
            query, key, value, mask=mask, scale=scale, dropout_p=dropout_p, block=block
        ).half()

    # The keys in sight of any query; the first query stands at the place `first` among them.
    query_length = query.shape[2]
    first = min(width - 1, key.shape[2] - query_length)
    group = query.shape[1] // key.shape[1]
    key, value = (states[:, :, key.shape[2] - query_length - first :] for states in (key, value))
    if group != 1:
        key, value = (states.repeat_interleave(group, dim=1) for states in (key, value))

    head = 0 if first == width - 1 else min(width - first, query_length)
    tail = head + (query_length - head) // block * block
    see = _Sight(width, scale, dropout_p)
    parts = [query.new_zeros((*query.shape[:2], 0, value.shape[3]))]
    for begin, end, size in ((0, head, 0), (head, tail, block), (tail, query_length, 0)):
        if begin < end:
            keys = slice(max(0, first + begin - width + 1), first + end)
            stretch = query[:, :, begin:end], key[:, :, keys], value[:, :, keys]
            parts.append(see.blocks(*stretch, size) if size else see.all(*stretch))
    return torch.cat(parts, dim=2)


class _Sight(NamedTuple):
    """How every query of a stretch looks at the keys before it."""

    width: int
    scale: float
    dropout_p: float

    def all(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """One stretch of queries, of which the last stands at the last key."""
        rows, columns = query.shape[-2], key.shape[-2]
        causal = bool(rows == columns <= self.width) and self.scale > 0
        band = Causal() if columns <= self.width else Causal() & Window(self.width)
        return fused(
            query,
            key,
            value,
            attn_mask=None if causal else band.dense(rows, columns, device=query.device),
            is_causal=causal,
            dropout_p=self.dropout_p,
            scale=self.scale,
        )

    def blocks(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B H Tk D"],
        value: Float[Tensor, "B H Tk Dv"],
        block: int,
    ) -> Float[Tensor, "B H Tq Dv"]:
        """Blocks of queries, each with the W − 1 keys before it and its own, as one batch."""
        rows = query.flatten(0, 1).unflatten(1, (-1, block))
        keys, values = (
            states.flatten(0, 1).unfold(1, self.width - 1 + block, block).mT
            for states in (key, value)
        )
        return self.all(rows, keys, values).flatten(1, 2).unflatten(0, query.shape[:2])


def _width(mask: Mask | None, bias: Tensor | None, query: Tensor, key: Tensor) -> int:
    """W of `Causal() & Window(W)`. Raises ValueError for anything else than a band computes."""
    band = None if mask is None else mask.band()
    if band is None or band.after != 0 or band.before == math.inf:
        raise ValueError(
            f'impl="banded" computes mask=Causal() & Window(width) only, got {mask}; '
            'impl="sdpa" takes any mask'
        )
    if bias is not None:
        raise ValueError('impl="banded" cannot compute a bias; impl="sdpa" can')
    if query.shape[2] > key.shape[2]:
        raise ValueError(
            'query is longer than key: impl="banded" needs at least as many keys as queries, '
            f'got {query.shape[2]} queries and {key.shape[2]} keys; impl="sdpa" takes any'
        )
    return int(band.before) + 1
