"""A mask laid over queries and keys."""

from jaxtyping import Bool
from torch import Tensor

from attnlib.masks.mask import Mask


def check_fits(mask: Mask | None, query: Tensor, key: Tensor) -> None:
    """Raise TypeError or ValueError unless the mask can be laid over these queries and keys."""
    if mask is None:
        return
    if not isinstance(mask, Mask):
        raise TypeError(f"mask must be a Mask or a boolean tensor, got {type(mask).__name__}")
    lengths = query.shape[2], key.shape[2]
    one_row = mask.dense(*lengths, rows=slice(0, 1), device=query.device)
    for axis, things in enumerate(("sequences", "heads")):
        if one_row.shape[axis] not in (1, query.shape[axis]):
            raise ValueError(
                f"mask is for {one_row.shape[axis]} {things}, but query has {query.shape[axis]}"
            )


def blank_unseen(states: Tensor, allowed: Bool[Tensor, "#B #H Tq Tk"]) -> Tensor:
    """Zero the keys or values (B, G, Tk, D) that no query may see (and, with the mask turned
    over, the queries that may see no key).

    A weight of 0 does not stop a NaN (0 · NaN = NaN): what lies in padding must be cleared first.
    """
    seen = allowed.any(dim=-2).unsqueeze(-1)
    heads, key_heads = seen.shape[1], states.shape[1]
    if heads not in (1, key_heads):
        seen = seen.unflatten(1, (key_heads, heads // key_heads)).any(dim=2)
    return states.masked_fill(~seen, 0)
