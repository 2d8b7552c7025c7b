"""Layers near and far by turns: windows with positions, all tokens without (Yang et al., 2025).

layer   0       1       2       3       4       5       6       7        every = 4
sees    window  window  window  all     window  window  window  all
places  RoPE    RoPE    RoPE    none    RoPE    RoPE    RoPE    none
"""

from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.growing import Cache
from attnlib.checks import check_at_least
from attnlib.heads._projections import Turn
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Causal, Mask, Window, as_mask


class AlternatingAttention(nn.Module):
    """The attention of a stack of layers; layer n sees all if n + 1 is a multiple of `every`.

        for n in range(layers):
            x = x + attend(x, layer=n)

    A layer that sees all finds what was said by what it says, however far away: it has no places
    that a longer text could carry out of what was trained. The others know the order of what is
    near. Their caches end with the window. (RNoPE-SWA, as in Command A; iRoPE of Llama 4 has chunks
    for windows.)

    - `layers`: how many. `every`: which see all. `window`: what the others see, the token included.
    - `turn`: what places make of queries and keys in a window, as in `MultiHeadAttention`, to which
      the other arguments go, too.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        layers: int,
        every: int,
        window: int,
        turn: Turn,
        **options: Any,
    ) -> None:
        super().__init__()
        check_at_least(1, "layers", layers)
        check_at_least(1, "every", every)
        self.every, self.window = every, Window(window)
        turns = [None if self._sees_all(layer) else turn for layer in range(layers)]
        self.layers = nn.ModuleList(
            MultiHeadAttention(size, heads, turn=one, **options) for one in turns
        )

    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        layer: int,
        mask: Mask | Bool[Tensor, "*BH #T #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B T E"]:
        """What one layer adds; `mask`: who may look at whom besides.

        Raises ValueError for a layer that there is not.
        """
        if not 0 <= layer < len(self.layers):
            raise ValueError(f"layer must be from 0 to {len(self.layers) - 1}, got {layer}")
        rule: Mask = Causal() if self._sees_all(layer) else Causal() & self.window
        rule = rule if mask is None else rule & as_mask(mask)
        added: Tensor = self.layers[layer](x, mask=rule, cache=cache)
        return added

    def _sees_all(self, layer: int) -> bool:
        return (layer + 1) % self.every == 0
