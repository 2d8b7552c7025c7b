"""Projections that look around: a convolution before Wq, Wk and Wv (Wu et al., 2021, CvT)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads, split_heads
from attnlib.vision.tiles import check_image


class ConvolutionalProjectionAttention(nn.Module):
    """head = attention(q(image)·Wq, k(image)·Wk, v(image)·Wv): three convolutions of k × k.

    (Equation 2.) Each of the three has one filter per channel and a batch norm, so that a token
    tells of its neighbors before any score is computed, and no positions are needed. With a
    `stride` of s only every s-th row and column gives a key and a value: T²/s² scores, not T².

    - `size`: E, the channels. `heads`: H. `kernel`: k, odd. `stride`: s, of keys and values.
    - `attend`: how the heads attend, see `MultiHeadAttention`.

    The paper adds a class token, which passes no convolution; here are pixels alone.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        kernel: int = 3,
        stride: int = 2,
        attend: Attend | None = None,
    ) -> None:
        super().__init__()
        check_at_least(1, "stride", stride)
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, to have a pixel in the middle; got {kernel}")
        self.size = size
        self.layer = MultiHeadAttention(size, heads, attend=attend)
        self.query, self.key, self.value = (
            nn.Sequential(
                nn.Conv2d(
                    size, size, kernel, stride=step, padding=kernel // 2, groups=size, bias=False
                ),
                nn.BatchNorm2d(size),
            )
            for step in (1, stride, stride)
        )

    @checked
    def forward(
        self, image: Float[Tensor, "B E height width"]
    ) -> Float[Tensor, "B E height width"]:
        check_image(image, self.size, self.layer.query)
        layer = self.layer
        parts = ((self.query, layer.query), (self.key, layer.key), (self.value, layer.value))
        query, key, value = (
            split_heads(linear(around(image).flatten(2).mT), layer.heads)
            for around, linear in parts
        )
        seen = layer.attend(query, key, value)
        return layer.output(merge_heads(seen.output)).mT.unflatten(2, image.shape[2:])
