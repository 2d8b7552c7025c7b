"""Weighted means as sums: each value with a 1 appended, whose sum is what to divide by."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.masks import Dense, Padding, as_mask
from attnlib.masks._laying import lay


def with_one(value: Float[Tensor, "B H T Dv"]) -> Float[Tensor, "B H T Dv+1"]:
    return F.pad(value, (0, 1), value=1.0)


def divide(sums: Float[Tensor, "B H T Dv+1"]) -> Float[Tensor, "B H T Dv"]:
    """The mean; where the weights sum to 0, it is 0."""
    total = sums[..., -1:]
    return sums[..., :-1] / total.masked_fill(total == 0, 1)


def real_keys(
    mask: Padding | Bool[Tensor, "#B #H 1 #Tk"] | None,
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
) -> Bool[Tensor, "#B #H Tk 1"]:
    """The keys that a mask leaves, which must be the same for all queries.

    Raises TypeError or ValueError when it is not, or is for other sizes.
    """
    if mask is None:
        return key.new_ones(1, 1, key.shape[2], 1, dtype=torch.bool)
    rule = as_mask(mask)
    one_row = isinstance(rule, Dense) and rule.allowed.shape[-2] == 1
    if not isinstance(rule, Padding) and not one_row:
        kind = tuple(mask.shape) if isinstance(mask, Tensor) else type(mask).__name__
        raise TypeError(
            "mask must be a Padding, or booleans (B, H, 1, Tk), the same for all queries; "
            f"got {kind}"
        )
    return lay(rule, query[:, :, :1], key).mT
