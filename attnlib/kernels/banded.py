"""A sliding window as a band of blocks: T · W instead of T².

keys      ▪ ▪ ▪ · · · · ·     A block of queries needs the W − 1 keys before it and its own. These
queries   · · ▪ ▪ ▪ · · ·     stretches of keys overlap; `unfold` shows them as a view, with nothing
   ↓      · · · · ▪ ▪ ▪ ·     copied, and one batched call of PyTorch's kernel computes all blocks.

The first W − 1 tokens see all that came before them: plain causal attention, computed apart, as are
the last rows that do not fill a block. The window is Beltagy et al.'s (2020).
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.masks import Mask
from attnlib.masks.reach import window_width

BLOCK = 64


def banded(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None,
    scale: float,
    dropout_p: float,
    block: int = BLOCK,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale) · v over each query's own key and the W − 1 before it.

    Raises ValueError unless the mask is `Causal() & Window(W)`, and for a bias or Tq > Tk.
    """
    width = window_width(mask)
    if mask is None or width is None:
        raise ValueError(
            f'impl="banded" computes mask=Causal() & Window(width) only, got {mask}; '
            'impl="sdpa" takes any mask'
        )
    if bias is not None:
        raise ValueError('impl="banded" cannot compute a bias; impl="sdpa" can')
    if query.shape[2] > key.shape[2]:
        raise ValueError(
            f'impl="banded" needs at least as many keys as queries, got {query.shape[2]} queries '
            f'and {key.shape[2]} keys; impl="sdpa" takes any'
        )
    if query.dtype == torch.float16 and query.device.type == "cpu":  # fifty times slower than wide
        query, key, value = query.float(), key.float(), value.float()
        return banded(
            query, key, value, mask=mask, bias=None, scale=scale, dropout_p=dropout_p, block=block
        ).half()

    def see(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        allowed = mask.dense(query.shape[2], key.shape[2], device=query.device)
        return F.scaled_dot_product_attention(
            query, key, value, attn_mask=allowed, dropout_p=dropout_p, scale=scale
        )

    before = width - 1
    query_length = query.shape[2]
    first = min(before, key.shape[2] - query_length)  # the first query's place among keys in sight
    group = query.shape[1] // key.shape[1]
    key, value = (
        states[:, :, key.shape[2] - query_length - first :].repeat_interleave(group, dim=1)
        for states in (key, value)
    )
    head = min(before - first, query_length)
    blocks = (query_length - head) // block
    tail = head + blocks * block

    parts = [query.new_zeros((*query.shape[:2], 0, value.shape[3]))]
    if head:
        end = first + head
        parts.append(see(query[:, :, :head], key[:, :, :end], value[:, :, :end]))
    if blocks:
        rows = query[:, :, head:tail].flatten(0, 1).unflatten(1, (blocks, block))
        keys, values = (
            states[:, :, : first + tail].flatten(0, 1).unfold(1, before + block, block).mT
            for states in (key, value)
        )
        parts.append(see(rows, keys, values).flatten(1, 2).unflatten(0, query.shape[:2]))
    if tail < query_length:
        start = blocks * block
        parts.append(see(query[:, :, tail:], key[:, :, start:], value[:, :, start:]))
    return torch.cat(parts, dim=2)
