"""Focal modulation: what surrounds a pixel, near and far, scales its query (Yang et al., 2022)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.vision.tiles import check_image


class FocalModulation(nn.Module):
    """output = (q ⊙ h(Σ_ℓ g_ℓ ⊙ z_ℓ))·Wo,   z_ℓ = GELU(filter_ℓ ∗ z_{ℓ−1})     (equations 4 to 7)

    In place of attention: z₀ = x·W_z passes L filters, one per channel, each a little wider, so
    that z_ℓ tells of an ever larger surrounding, and z_{L+1} is GELU of z_L's mean over the image.
    Gates g (one number per pixel and level, from x) say how much each counts; h is a matrix.
    No pairs of pixels are compared; there is no weight matrix. `gates` gives the g.

    - `size`: E, the channels. `levels`: L. `kernel`: of the first filter, odd; each one after it is
      2 wider.
    """

    def __init__(self, size: int, *, levels: int, kernel: int = 3) -> None:
        super().__init__()
        check_at_least(1, "levels", levels)
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, to have a pixel in the middle; got {kernel}")
        self.size = size
        self.query, self.context = nn.Linear(size, size), nn.Linear(size, size)
        self.gate = nn.Linear(size, levels + 1)
        widths = range(kernel, kernel + 2 * levels, 2)
        self.filters = nn.ModuleList(
            nn.Conv2d(size, size, width, padding=width // 2, groups=size, bias=False)
            for width in widths
        )
        self.modulator = nn.Linear(size, size)
        self.output = nn.Linear(size, size)
        self.bend = nn.GELU()

    @checked
    def forward(
        self, image: Float[Tensor, "B E height width"]
    ) -> Float[Tensor, "B E height width"]:
        gates = self.gates(image)
        pixels = image.permute(0, 2, 3, 1)  # (B, height, width, E)
        near, surroundings = self.context(pixels).permute(0, 3, 1, 2), []
        for around in self.filters:
            near = self.bend(around(near))
            surroundings.append(near)
        surroundings.append(self.bend(near.mean(dim=(2, 3), keepdim=True)))
        weighed = [g * z for g, z in zip(gates.split(1, dim=1), surroundings, strict=True)]
        mixed = self.modulator(sum(weighed).permute(0, 2, 3, 1))
        return self.output(self.query(pixels) * mixed).permute(0, 3, 1, 2)

    @checked
    def gates(self, image: Float[Tensor, "B E height width"]) -> Float[Tensor, "B N height width"]:
        """How much each of the L + 1 surroundings counts for each pixel."""
        check_image(image, self.size, self.gate)
        return self.gate(image.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
