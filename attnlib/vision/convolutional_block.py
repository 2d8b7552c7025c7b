"""CBAM: first which channels count, then which places (Woo et al., 2018)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.vision.tiles import check_image


class ConvolutionalBlockAttention(nn.Module):
    """image′ = image ⊙ channel gates, output = image′ ⊙ place gates (equation 1).

        channel gates = σ(W₁·ReLU(W₀·mean) + W₁·ReLU(W₀·max))     over the pixels (equation 2)
        place gates   = σ(f ∗ [mean; max])                        over the channels (equation 3)

    Squeeze and excitation also sees each channel's maximum, and is followed by a map of the places.
    Both are gates, each in (0, 1) by itself; there is no weight matrix.

    - `channels`: C. `reduction`: r; W₀ leads to C/r numbers. `kernel`: the side of f, odd.

    As in the paper's formulas, nothing has a bias and f has no batch normalization; the authors'
    code adds both. Raises ValueError when C is not a multiple of r or `kernel` is even.
    """

    def __init__(self, channels: int, *, reduction: int = 16, kernel: int = 7) -> None:
        super().__init__()
        if reduction < 1 or channels % reduction:
            raise ValueError(f"channels {channels} must be a multiple of reduction {reduction}")
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, to have a pixel in the middle; got {kernel}")
        self.channels = channels
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.up = nn.Linear(channels // reduction, channels, bias=False)
        self.filter = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)

    @checked
    def forward(
        self, image: Float[Tensor, "B C height width"]
    ) -> Float[Tensor, "B C height width"]:
        image = image * self.channel_gates(image)[..., None, None]
        return image * self.place_gates(image)

    @checked
    def channel_gates(self, image: Float[Tensor, "B C height width"]) -> Float[Tensor, "B C"]:
        """How much each channel counts."""
        check_image(image, self.channels, self.filter)
        pooled = torch.stack((image.mean(dim=(2, 3)), image.amax(dim=(2, 3))))
        return self.up(self.down(pooled).relu()).sum(dim=0).sigmoid()

    @checked
    def place_gates(
        self, image: Float[Tensor, "B C height width"]
    ) -> Float[Tensor, "B 1 height width"]:
        """How much each pixel counts."""
        check_image(image, self.channels, self.filter)
        pooled = torch.cat((image.mean(dim=1, keepdim=True), image.amax(dim=1, keepdim=True)), 1)
        return self.filter(pooled).sigmoid()
