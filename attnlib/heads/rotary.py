"""Multi-head attention whose queries and keys are turned by their places (Su et al., 2021).

score(i, j) = (R(i)·qᵢ) · (R(j)·kⱼ) / √D        only the distance i − j counts
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.caches.growing import Cache
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.positions.rotary import rotate


class RotaryAttention(MultiHeadAttention):
    """Self-attention as MultiHeadAttention's, with rotary positions of this `base`.

    The pairs are (0, D/2), (1, D/2 + 1), …: their order in the files that transformers reads.
    """

    def __init__(self, size: int, heads: int, *, base: float = 10_000.0, **options: Any) -> None:
        super().__init__(size, heads, **options)
        self.base = base

    def project(
        self,
        x: Float[Tensor, "B T E"],
        context: Float[Tensor, "B T E"] | None = None,
        cache: Cache | None = None,
    ) -> tuple[Float[Tensor, "B H T D"], Float[Tensor, "B G S D"], Float[Tensor, "B G S D"]]:
        """Query and key of every head, turned, and its value. A cache keeps keys unturned."""
        query, key, value = super().project(x, context, cache)
        last = key.shape[2]
        return self._turned(query, last), self._turned(key, last), value

    def _turned(self, states: Float[Tensor, "B H T D"], last: int) -> Float[Tensor, "B H T D"]:
        """The states of the T places before `last`, turned."""
        places = torch.arange(last - states.shape[2], last, device=states.device)
        return rotate(states, places, pairing="half", base=self.base)
