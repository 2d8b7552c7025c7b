"""Spatial reduction: every pixel asks a smaller copy of the image (Wang et al., 2021, PVT)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.vision.tiles import check_image


class SpatialReductionAttention(nn.Module):
    """head = attention(x·Wq, c·Wk, c·Wv), c = norm(image cut into R × R tiles, each · W_S).

    (Equations 1 and 2.) A tile becomes one key and one value, so that T pixels look at T/R² places:
    all of the image, coarsely. `record_attention` shows (B, H, T, T/R²).

    - `size`: E, the channels. `heads`: H. `reduction`: R, in pixels, of which height and width are
      multiples; with 1 it is plain attention over pixels.

    SegFormer uses the same. Raises ValueError when an image does not divide into tiles.
    """

    def __init__(self, size: int, heads: int, *, reduction: int, eps: float = 1e-6) -> None:
        super().__init__()
        check_at_least(1, "reduction", reduction)
        self.size, self.reduction = size, reduction
        self.layer = MultiHeadAttention(size, heads)
        self.shrink = nn.Conv2d(size, size, reduction, stride=reduction)
        self.norm = nn.LayerNorm(size, eps=eps)

    @checked
    def forward(
        self, image: Float[Tensor, "B E height width"]
    ) -> Float[Tensor, "B E height width"]:
        check_image(image, self.size, self.norm)
        sides = image.shape[2:]
        if any(side % self.reduction for side in sides):
            raise ValueError(
                f"image of {sides[0]} × {sides[1]} pixels does not divide into tiles of "
                f"{self.reduction}"
            )
        pixels = image.flatten(2).mT
        if self.reduction == 1:
            return self.layer(pixels).mT.unflatten(2, sides)
        context = self.norm(self.shrink(image).flatten(2).mT)  # (B, T/R², E)
        return self.layer(pixels, context).mT.unflatten(2, sides)
