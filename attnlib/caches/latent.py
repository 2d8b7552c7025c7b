"""What multi-head latent attention keeps of a token: its latent, and one rotary key.

(DeepSeek-AI, 2024, DeepSeek-V2, section 2.1.) C + R numbers per token in place of 2·H·D.
"""

from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues
from attnlib.caches._memory import Memory
from attnlib.checks import checked

LATENTS = ((0, "sequences"), (2, "numbers per token"))  # axes of (B, T, C)


class LatentCache:
    """Latents (B, T, C) and rotary keys (B, T, R) of all tokens so far.

    `latent` and `rotary_key` are what it holds, None before the first token. It grows as `KVCache`
    does: any length, and gradients pass. `update` raises ValueError or TypeError when shapes or
    dtypes do not continue those before.
    """

    def __init__(self) -> None:
        self._latent = Memory(1)
        self._rotary_key = Memory(1)

    @property
    def length(self) -> int:
        """How many tokens came so far."""
        return self._latent.length

    @property
    def latent(self) -> Float[Tensor, "B S C"] | None:
        return self._latent.whole()

    @property
    def rotary_key(self) -> Float[Tensor, "B S R"] | None:
        return self._rotary_key.whole()

    @checked
    def update(
        self, latent: Float[Tensor, "B T C"], rotary_key: Float[Tensor, "B T R"]
    ) -> tuple[Float[Tensor, "B S C"], Float[Tensor, "B S R"]]:
        """Append those of T tokens; all S so far come back."""
        if self._latent.room is not None and self._rotary_key.room is not None:
            check_continues("latent", latent, self._latent.room, LATENTS)
            check_continues("rotary_key", rotary_key, self._rotary_key.room, LATENTS)
        return self._latent.append(latent), self._rotary_key.append(rotary_key)
