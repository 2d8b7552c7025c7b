"""The few best of many."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, checked


@checked
def best(
    scores: Float[Tensor, "*N K"], count: int, allowed: Bool[Tensor, "*#N K"] | None = None
) -> Bool[Tensor, "*N K"]:
    """True at the `count` highest allowed scores of each row, or at all when fewer are allowed.

    Of equal scores the first wins, so that never more than `count` are taken. Raises TypeError or
    ValueError unless `count` is a whole number of at least 1.
    """
    check_at_least(1, "count", count)
    scores = scores.detach()
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    order = scores.argsort(dim=-1, descending=True, stable=True)[..., :count]
    chosen = torch.zeros_like(scores, dtype=torch.bool).scatter(-1, order, 1)
    return chosen if allowed is None else chosen & allowed
