"""What compressed attention keeps: one entry for every few tokens, and the states of the newest.

(DeepSeek-AI, 2026, DeepSeek-V4, section 2.3.) D/m numbers per token; of the newest tokens alone,
besides, the states in the window and what the next entry will be made of.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues
from attnlib.caches._memory import Memory
from attnlib.caches.latent import LATENTS
from attnlib.checks import check_at_least, checked


class Entries:
    """Finished entries (B, 1, N, D), and the parts (B, t, C) of the tokens that make the next."""

    def __init__(self) -> None:
        self._finished = Memory(2)
        self._parts: Tensor | None = None
        self.used = 0  # whole windows among the parts, which have their entry

    @property
    def number(self) -> int:
        """How many entries are finished."""
        return self._finished.length

    def append(self, entries: Float[Tensor, "B 1 N D"]) -> Float[Tensor, "B 1 S D"]:
        """Append N entries; all S so far come back."""
        return self._finished.append(entries)

    def behind(self, parts: Float[Tensor, "B T C"]) -> Float[Tensor, "B S C"]:
        """The parts of T tokens, behind those that are kept."""
        if self._parts is None:
            return parts
        check_continues("parts", parts, self._parts, LATENTS)
        return torch.cat((self._parts, parts), dim=1)

    def keep(self, parts: Float[Tensor, "B t C"], *, used: int) -> None:
        """These parts and no others; entries were made of the first `used` windows."""
        self._parts, self.used = parts.clone(), used


class CompressedCache:
    """The last W − 1 states, and the entries: those that are attended to, and the indexer's (CSA).

    `length` counts the tokens so far. `stride`: m, the tokens of an entry. `window`: W. It grows as
    `KVCache` does: any length, and gradients pass. `near` raises ValueError or TypeError when
    shapes or dtypes do not continue those before.
    """

    def __init__(self, stride: int, *, window: int) -> None:
        check_at_least(1, "stride", stride)
        check_at_least(1, "window", window)
        self.stride, self.window = stride, window
        self.length = 0
        self.entries, self.index_entries = Entries(), Entries()
        self._states: Tensor | None = None

    @checked
    def near(self, states: Float[Tensor, "B 1 T D"]) -> Float[Tensor, "B 1 S D"]:
        """Append the states of T tokens; they come back behind the W − 1 before them."""
        if self._states is not None:
            check_continues("states", states, self._states)
        self.length += states.shape[2]
        come = states if self._states is None else torch.cat((self._states, states), dim=2)
        self._states = come[:, :, max(0, come.shape[2] - self.window + 1) :].clone()
        return come
