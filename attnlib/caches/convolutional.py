"""What compressed convolutional attention keeps: small keys and values, and the end of the text.

(Figliolia et al., 2025.) 2·G·D numbers per token; of the newest tokens alone, besides, what the
convolutions over the next ones will read.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues
from attnlib.caches.growing import KVCache
from attnlib.caches.latent import LATENTS
from attnlib.checks import check_at_least, checked


class ConvolutionalCache:
    """Keys and values (B, G, T, D) of all tokens so far, and N states that were not yet convolved.

    `recent` is these (B, N, C), None before the first token. It grows as `KVCache` does: any
    length, and gradients pass. `update` and `behind` raise ValueError or TypeError when shapes or
    dtypes do not continue those before.
    """

    def __init__(self) -> None:
        self._kept = KVCache()
        self.recent: Tensor | None = None

    @property
    def length(self) -> int:
        """How many tokens came so far."""
        return self._kept.length

    @checked
    def behind(self, states: Float[Tensor, "B T C"], count: int) -> Float[Tensor, "B S C"]:
        """The states behind the `count` before them, which are zeros before a text."""
        check_at_least(0, "count", count)
        if self.recent is None:
            return F.pad(states, (0, 0, count, 0))
        check_continues("states", states, self.recent, LATENTS)
        if count != self.recent.shape[1]:
            raise ValueError(f"count is {count}, but the cache holds {self.recent.shape[1]} states")
        return torch.cat((self.recent, states), dim=1)

    @checked
    def update(
        self,
        key: Float[Tensor, "B G T D"],
        value: Float[Tensor, "B G T Dv"],
        recent: Float[Tensor, "B N C"],
    ) -> tuple[Float[Tensor, "B G S D"], Float[Tensor, "B G S Dv"]]:
        """Append the keys and values of T tokens; all S so far come back."""
        kept = self._kept.update(key, value)
        self.recent = recent.clone()  # not the whole chunk behind it
        return kept
