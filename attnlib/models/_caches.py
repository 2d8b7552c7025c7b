"""A cache for each layer of a model, and what padding at the left makes of a mask."""

from collections.abc import Sequence

from torch import Tensor

from attnlib.caches import Cache, SlidingKVCache
from attnlib.checks import check_at_least, check_integers, lowest_and_highest
from attnlib.masks import Causal, Mask, Padding, as_mask


def one_per_layer(caches: Sequence[Cache] | None, layers: int) -> Sequence[Cache | None]:
    """The caches, or None for each layer. Raises ValueError unless there is one per layer."""
    if caches is None:
        return [None] * layers
    if len(caches) != layers:
        raise ValueError(f"caches must be {layers}, one per layer; got {len(caches)}")
    return caches


def causal_mask(
    mask: Mask | Tensor | None, padding: Tensor | None, cache: Cache | None, tokens: Tensor
) -> Mask:
    """Causal, with what `mask` hides, and with `padding` tokens at the left of each row.

    Raises TypeError or ValueError unless `padding` is (B,) whole numbers from 0 to the number of
    tokens so far, less than that where the row has a token at all.
    """
    causal = Causal() if mask is None else Causal() & as_mask(mask)
    if padding is None:
        return causal
    check_integers("padding", padding, dims=(1,))
    batch, came = tokens.shape
    if padding.shape[0] != batch:
        raise ValueError(f"padding must be {batch} numbers, one per row; got {padding.shape[0]}")
    before = 0 if cache is None else cache.length
    found = lowest_and_highest(padding)
    if found is not None and not 0 <= found[0] <= found[1] <= before + came:
        raise ValueError(f"padding must be from 0 to {before + came}, got {padding.tolist()}")
    keys = before + came
    if isinstance(cache, SlidingKVCache):
        keys = min(before, cache.width - 1) + came
    real = (before + came - padding).clamp(max=keys)
    return causal & Padding(real, side="left")


def newest(states: Tensor, last: int | None) -> Tensor:
    """The states (B, T, E) of the `last` tokens; of all when it is None."""
    if last is None:
        return states
    check_at_least(1, "last", last)
    return states[:, -last:]
