"""Squeeze and excitation: the image as a whole decides how much each channel counts.

(Hu et al., 2017.)
"""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.vision.tiles import check_image


class SqueezeExcitation(nn.Module):
    """output = image ⊙ s, s = σ(W₂·ReLU(W₁·z)), z the mean of each channel (equations 2 to 4).

    Channel attention: a weight for each channel, each in (0, 1) by itself. There are no queries and
    no sum over tokens, so there is no weight matrix; `gates` gives s.

    - `channels`: C. `reduction`: r; W₁ leads to C/r numbers.

    Raises ValueError when C is not a multiple of r.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        if reduction < 1 or channels % reduction:
            raise ValueError(f"channels {channels} must be a multiple of reduction {reduction}")
        self.channels = channels
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)

    @checked
    def forward(
        self, image: Float[Tensor, "B C height width"]
    ) -> Float[Tensor, "B C height width"]:
        return image * self.gates(image)[..., None, None]

    @checked
    def gates(self, image: Float[Tensor, "B C height width"]) -> Float[Tensor, "B C"]:
        """s: how much each channel counts."""
        check_image(image, self.channels, self.down)
        return self.up(self.down(image.mean(dim=(2, 3))).relu()).sigmoid()
