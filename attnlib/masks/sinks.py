"""A window that never lets go of the first tokens (Xiao et al., 2023)."""

from attnlib.masks.causal import Causal
from attnlib.masks.mask import Mask
from attnlib.masks.prefix import Prefix
from attnlib.masks.window import Window


def streaming(sinks: int, width: int) -> Mask:
    """The first `sinks` tokens and the last `width` ones (StreamingLLM: Xiao et al., 2023, 3.2).

    Without the sinks a model trained on full attention fails as soon as its first token leaves the
    window. (The paper counts places within the cache, not in the text; that is a matter of the
    positions, not of this mask.)
    """
    return Causal() & (Prefix(sinks) | Window(width))
