"""What multi-head temporal latent attention keeps: one entry for every `stride` tokens.

(Deng and Woodland, 2025, section 4.1.) (C + R)/s numbers per token in place of C + R.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues
from attnlib.caches._memory import Memory
from attnlib.caches.latent import LATENTS
from attnlib.checks import check_at_least, checked
from attnlib.precision import at_least_float32


class TemporalLatentCache:
    """Sums of `stride` latents each, the rotary key of the last token of each, and an open sum.

    `length` counts the tokens so far, `entries` the finished sums. It grows as `KVCache` does: any
    length, and gradients pass. `update` raises ValueError or TypeError when shapes or dtypes do not
    continue those before.
    """

    def __init__(self, stride: int) -> None:
        check_at_least(1, "stride", stride)
        self.stride = stride
        self.length = 0
        self._latent = Memory(1)
        self._rotary_key = Memory(1)
        self._open: Tensor | None = None

    @property
    def entries(self) -> int:
        return self._latent.length

    @checked
    def update(
        self, latent: Float[Tensor, "B T C"], rotary_key: Float[Tensor, "B T R"]
    ) -> tuple[Float[Tensor, "B S C"], Float[Tensor, "B S R"]]:
        """Add T weighed latents; the entries finished before come back, and then, for each of the T
        tokens, the sum of its own entry so far: S = entries + T.
        """
        if self._open is not None and self._rotary_key.room is not None:
            check_continues("latent", latent, self._open, LATENTS)
            check_continues("rotary_key", rotary_key, self._rotary_key.room, LATENTS)
        sums = self._running(latent)
        done = slice(self.stride - 1 - self.length % self.stride, None, self.stride)
        before, keys_before = self._latent.whole(), self._rotary_key.whole()
        self._latent.append(sums[:, done])
        self._rotary_key.append(rotary_key[:, done])
        self._open = sums[:, -1:].clone()  # not the whole chunk behind it
        self.length += latent.shape[1]
        if before is None or keys_before is None:
            return sums, rotary_key
        return torch.cat((before, sums), dim=1), torch.cat((keys_before, rotary_key), dim=1)

    def _running(self, latent: Tensor) -> Float[Tensor, "B T C"]:
        """Per token the sum over its entry's tokens up to it."""
        inside, tokens = self.length % self.stride, latent.shape[1]
        if inside and self._open is not None:
            came = F.pad(self._open, (0, 0, 0, inside - 1))
            latent = torch.cat((came, latent), dim=1)
        parts = F.pad(latent, (0, 0, 0, -latent.shape[1] % self.stride))
        parts = at_least_float32(parts.unflatten(1, (-1, self.stride)))
        return parts.cumsum(dim=2).to(latent.dtype).flatten(1, 2)[:, inside : inside + tokens]
