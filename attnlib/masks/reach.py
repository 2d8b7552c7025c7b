"""Which keys a block of queries can see at most, known from the rule alone."""

from attnlib.masks.causal import Causal
from attnlib.masks.mask import And, Mask
from attnlib.masks.window import Window


def reach(mask: Mask | None, places: range, key_length: int) -> range:
    """The keys outside which the mask certainly hides everything from queries at these places.

    It looks at no tensor, so kernels can skip blocks while a graph is captured. Masks that it knows
    nothing about reach everywhere.
    """
    if isinstance(mask, And):
        left = reach(mask.left, places, key_length)
        right = reach(mask.right, places, key_length)
        return range(max(left.start, right.start), min(left.stop, right.stop))
    first, end = 0, key_length
    if isinstance(mask, Causal):
        end = min(end, places.stop)
    if isinstance(mask, Window):
        first = max(first, places.start - mask.width + 1)
        end = min(end, places.stop + mask.width - 1)
    return range(first, end)


def window_width(mask: object) -> int | None:
    """W when the mask is `Causal() & Window(W)`, in either order; None otherwise."""
    if isinstance(mask, And):
        for one, other in ((mask.left, mask.right), (mask.right, mask.left)):
            if isinstance(one, Causal) and isinstance(other, Window):
                return other.width
    return None
