"""Efficient channel attention: gates from neighboring channels' means (Wang et al., 2019)."""

import math

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.vision.tiles import check_image


class EfficientChannelAttention(nn.Module):
    """output = image ⊙ σ(w ∗ z), z the mean of each channel, w a filter of k weights (section 3.2).

    Squeeze and excitation with k parameters: no bottleneck, and each gate sees k channels only. The
    ends are padded with zeros. `gates` gives σ(w ∗ z); there is no weight matrix.

    - `channels`: C. `kernel`: k, odd; by default the odd number nearest to (log₂ C + 1) / 2.
    """

    def __init__(self, channels: int, *, kernel: int | None = None) -> None:
        super().__init__()
        kernel = _kernel_size(channels) if kernel is None else kernel
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, to have a channel in the middle; got {kernel}")
        self.channels = channels
        self.filter = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)

    @checked
    def forward(
        self, image: Float[Tensor, "B C height width"]
    ) -> Float[Tensor, "B C height width"]:
        return image * self.gates(image)[..., None, None]

    @checked
    def gates(self, image: Float[Tensor, "B C height width"]) -> Float[Tensor, "B C"]:
        """How much each channel counts."""
        check_image(image, self.channels, self.filter)
        return self.filter(image.mean(dim=(2, 3)).unsqueeze(1)).squeeze(1).sigmoid()


def _kernel_size(channels: int) -> int:
    """The odd k nearest to (log₂ C + 1) / 2 (equation 12 with γ = 2, b = 1); ties go up."""
    check_at_least(1, "channels", channels)
    return 2 * math.floor((math.log2(channels) + 1) / 4) + 1
