"""InfLLM-V2: attention that may be switched from dense to sparse (Zhao et al., 2025).

A model that was trained densely on short texts is given this mask on long ones: its queries, keys
and values stay as they are, and there is nothing more to learn.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, check_groups, checked
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay
from attnlib.normalizers import softmax
from attnlib.precision import at_least_float32
from attnlib.scores import scaled_dot
from attnlib.sparse._best import best


@checked
def select(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    *,
    block: int,
    count: int,
    length: int,
    stride: int,
    local: int = 1,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Dense:
    """The tokens up to the query's own, in the `count` blocks of `block` tokens with the highest

        s_b = max over the summaries i that reach into b of  Σ_h softmax_i(q_h · k̄_i / √D)

    A summary k̄_i is the mean of `length` keys, one every `stride`; a query sees those of which it
    may see every token. The heads h that share keys choose together. The first block is always
    among the `count`, and so are the query's own and those before it, `local` in all, which takes
    the place of a window. (MiniCPM4: blocks of 64, summaries of 32 every 16.)

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_groups(query.shape[1], key.shape[1])
    sizes = {"block": block, "length": length, "stride": stride, "local": local}
    for name, size in sizes.items():
        check_at_least(1, name, size)
    allowed = lay(Causal() if mask is None else Causal() & as_mask(mask), query, key)
    scores = _block_scores(query, key, allowed, block=block, length=length, stride=stride)

    held = F.pad(allowed, (0, -key.shape[2] % block)).unflatten(-1, (-1, block)).any(dim=-1)
    held = _by_group(held, key.shape[1]).any(dim=2) if held.shape[1] > 1 else held
    first = key.shape[2] - query.shape[2]
    own = torch.arange(first, key.shape[2], device=key.device).unsqueeze(-1) // block
    number = torch.arange(held.shape[-1], device=key.device)
    always = (number == 0) | ((number <= own) & (number > own - local))
    chosen = best(scores.masked_fill(always, torch.inf), count, held)
    tokens = chosen.repeat_interleave(block, dim=-1)[..., : key.shape[2]]
    return Dense(tokens.repeat_interleave(query.shape[1] // key.shape[1], dim=1) & allowed)


def _block_scores(
    query: Tensor,
    key: Tensor,
    allowed: Bool[Tensor, "#B #H Tq Tk"],
    *,
    block: int,
    length: int,
    stride: int,
) -> Float[Tensor, "B G Tq M"]:
    groups, tokens = key.shape[1:3]
    if tokens < length:  # there is no summary yet
        return query.new_zeros(query.shape[0], groups, query.shape[2], -(-tokens // block))
    windows = at_least_float32(blank_unseen(key, allowed)).unfold(2, length, stride)
    summaries = repeat_heads(windows.mean(dim=-1), query.shape[1])  # (B, H, N, D)
    whole = allowed.unfold(3, length, stride).all(dim=-1)
    weights = softmax(scaled_dot(query, summaries), whole)
    together = _by_group(weights, groups).sum(dim=2)  # (B, G, Tq, N)

    start = torch.arange(together.shape[-1], device=key.device).unsqueeze(-1) * stride
    block_start = torch.arange(0, tokens, block, device=key.device)
    reaches = (start < block_start + block) & (start + length > block_start)  # (N, M)
    return together.unsqueeze(-1).masked_fill(~reaches, 0).amax(dim=-2)


def _by_group(states: Tensor, groups: int) -> Tensor:
    """(B, H, …) as (B, G, H/G, …)."""
    return states.unflatten(1, (groups, states.shape[1] // groups))
