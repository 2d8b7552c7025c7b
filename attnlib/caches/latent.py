"""What multi-head latent attention keeps of a token: its latent, and one rotary key.

(DeepSeek-AI, 2024, DeepSeek-V2, section 2.1.) C + R numbers per token in place of 2·H·D.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues
from attnlib.checks import checked

LATENTS = ((0, "sequences"), (2, "numbers per token"))  # axes of (B, T, C)


class LatentCache:
    """Latents (B, T, C) and rotary keys (B, T, R) of all tokens so far.

    `latent` and `rotary_key` are what it holds, None before the first token. It grows by
    concatenation: any length, and gradients pass. `update` raises ValueError or TypeError when
    shapes or dtypes do not continue those before.
    """

    def __init__(self) -> None:
        self.length = 0
        self.latent: Tensor | None = None
        self.rotary_key: Tensor | None = None

    @checked
    def update(
        self, latent: Float[Tensor, "B T C"], rotary_key: Float[Tensor, "B T R"]
    ) -> tuple[Float[Tensor, "B S C"], Float[Tensor, "B S R"]]:
        """Append those of T tokens; all S so far come back."""
        if self.latent is not None and self.rotary_key is not None:
            check_continues("latent", latent, self.latent, LATENTS)
            check_continues("rotary_key", rotary_key, self.rotary_key, LATENTS)
            latent = torch.cat((self.latent, latent), dim=1)
            rotary_key = torch.cat((self.rotary_key, rotary_key), dim=1)
        self.latent, self.rotary_key, self.length = latent, rotary_key, latent.shape[1]
        return latent, rotary_key
