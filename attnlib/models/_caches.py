"""A cache for each layer of a model."""

from collections.abc import Sequence

from attnlib.caches import Cache


def one_per_layer(caches: Sequence[Cache] | None, layers: int) -> Sequence[Cache | None]:
    """The caches, or None for each layer. Raises ValueError unless there is one per layer."""
    if caches is None:
        return [None] * layers
    if len(caches) != layers:
        raise ValueError(f"caches must be {layers}, one per layer; got {len(caches)}")
    return caches
