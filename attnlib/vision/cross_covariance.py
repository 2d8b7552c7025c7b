"""Cross-covariance attention: channels attend to channels (El-Nouby et al., 2021, XCiT)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.vision.tiles import check_image


class CrossCovarianceAttention(nn.Module):
    """outputᵀ = softmax(τ · Q̂ᵀK̂)·Vᵀ in each head, Q̂ and K̂ with columns of length 1   (section 3)

    The attention of `MultiHeadAttention` with both axes exchanged: a channel is a query, and the
    numbers that it has in all T pixels are its vector. So D × D weights mix channels, at a cost
    that grows as T and not as T². `record_attention` shows them, (B, H, D, D).

    - `size`: E, the channels. `heads`: H; channels of different heads do not meet.

    `sharpness` is τ, learned, one per head.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.size = size
        self.layer = MultiHeadAttention(size, heads)
        self.layer.attend.scale = 1.0
        self.sharpness = nn.Parameter(torch.ones(heads, 1, 1))

    @checked
    def forward(
        self, image: Float[Tensor, "B E height width"]
    ) -> Float[Tensor, "B E height width"]:
        check_image(image, self.size, self.sharpness)
        query, key, value = (part.mT for part in self.layer.project(image.flatten(2).mT))
        query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)  # (B, H, D, T)
        seen = self.layer.attend((self.sharpness * query).to(query.dtype), key, value)
        output: Tensor = self.layer.output(merge_heads(seen.output.mT))
        return output.mT.unflatten(2, image.shape[2:])
