"""SnapKV: the end of a prompt shows which of its keys the answer will need (Li et al., 2024)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, check_groups, checked
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Dense
from attnlib.normalizers import softmax
from attnlib.scores import scaled_dot
from attnlib.sparse._best import best


@checked
def select(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B G T D"],
    *,
    observed: int,
    count: int,
    pool: int = 5,
) -> Dense:
    """The keys of a prompt that are kept for all tokens to come, (B, H, 1, T) of them.

    The last `observed` tokens are kept, and of those before the `count` that drew most weight from
    these, summed over them, and then averaged over `pool` neighbors, so that what stands around a
    chosen key comes along (section 4). Heads that share keys choose together.

    Raises TypeError or ValueError when sizes do not fit, or `pool` is even.
    """
    check_groups(query.shape[1], key.shape[1])
    check_at_least(1, "observed", observed)
    check_at_least(1, "pool", pool)
    if pool % 2 == 0:
        raise ValueError(f"pool must be odd, to have a middle; got {pool}")
    heads, groups, tokens = query.shape[1], key.shape[1], key.shape[2]
    before = max(0, tokens - observed)
    asking = query[:, :, before:].detach()
    scores = scaled_dot(asking, repeat_heads(key.detach(), heads))
    weights = softmax(scores, Causal().dense(asking.shape[2], tokens, device=key.device))
    drawn = weights.unflatten(1, (groups, heads // groups)).sum(dim=(2, 3))[..., :before]
    smooth = F.avg_pool1d(drawn, pool, stride=1, padding=pool // 2) if before else drawn
    chosen = best(smooth, count)
    last = torch.ones(*chosen.shape[:2], tokens - before, dtype=torch.bool, device=key.device)
    kept = torch.cat((chosen, last), dim=-1).unsqueeze(2)
    return Dense(kept.repeat_interleave(heads // groups, dim=1))
