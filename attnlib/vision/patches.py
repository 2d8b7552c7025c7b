"""Patches as words: an image becomes a sequence for a Transformer (Dosovitskiy et al., 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.vision.tiles import check_image, cut


class PatchEmbedding(nn.Module):
    """tokens = [class; patch₁·W; …; patch_N·W] + positions (equation 1).

    A patch is P × P pixels with all their channels, laid out as one vector; W is shared, so that
    this is a convolution with stride P. The learned `class` token stands first and has no patch:
    what it gathers from the others is read out as the whole image. What follows is plain
    self-attention, `MultiHeadAttention(size, heads)(tokens)`.

    - `size`: E. `channels`: C. `patch`: P, in pixels. `patches`: N, each with a learned position.

    Raises ValueError when the image does not divide into N patches of P × P.
    """

    def __init__(self, size: int, *, channels: int, patch: int, patches: int) -> None:
        super().__init__()
        for name, number in (("channels", channels), ("patch", patch), ("patches", patches)):
            check_at_least(1, name, number)
        self.channels, self.patch = channels, patch
        self.project = nn.Linear(channels * patch**2, size)
        self.token = nn.Parameter(torch.zeros(1, 1, size))
        self.positions = nn.Parameter(torch.empty(1, patches + 1, size))
        nn.init.trunc_normal_(self.positions, std=0.02)

    @checked
    def forward(self, image: Float[Tensor, "B C height width"]) -> Float[Tensor, "B N+1 E"]:
        check_image(image, self.channels, self.project)
        patches = cut(image, self.patch).flatten(2)  # (B, N, C · P · P)
        expected = self.positions.shape[1] - 1
        if patches.shape[1] != expected:
            raise ValueError(f"image has {patches.shape[1]} patches, but there are {expected}")
        token = self.token.expand(image.shape[0], -1, -1)
        return torch.cat((token, self.project(patches)), dim=1) + self.positions
