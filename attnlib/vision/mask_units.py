"""Mask units: attention inside squares, and pooled queries between stages (Ryali et al., 2023)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, checked
from attnlib.layout import merge_heads, split_heads
from attnlib.vision.tiles import check_image, cut, join


class MaskUnitAttention(nn.Module):
    """softmax(max_pool(Q)·Kᵀ/√D)·V in each W × W unit, over an image (B, E, height, width).

    A unit is what Hiera hides or shows as a whole while it is trained, so that no pixel looks into
    a hidden one; nothing is shifted, and there is no bias. Where a stage ends, the queries of each
    s × s pixels are pooled to one, by their maximum per channel, and the image comes out s times
    smaller on either side. `record_attention` shows (B · units, H, W²/s², W²).

    - `size`: E, the channels. `heads`: H. `window`: W, in pixels, of which height and width are
      multiples. `stride`: s, which divides W. `output_size`: the channels of the output, by default
      E; the heads share them.

    (Section 3 of the paper; Hiera's last stages use one unit, the whole image.)
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        window: int,
        stride: int = 1,
        output_size: int | None = None,
    ) -> None:
        super().__init__()
        output_size = size if output_size is None else output_size
        for name, number in (("heads", heads), ("window", window), ("stride", stride)):
            check_at_least(1, name, number)
        if window % stride:
            raise ValueError(f"window {window} is not a multiple of stride {stride}")
        if output_size % heads:
            raise ValueError(f"output_size {output_size} does not divide into {heads} heads")
        self.size, self.heads, self.window, self.stride = size, heads, window, stride
        self.query = nn.Linear(size, output_size)
        self.key = nn.Linear(size, output_size)
        self.value = nn.Linear(size, output_size)
        self.output = nn.Linear(output_size, output_size)
        self.attend = Attend()

    @checked
    def forward(
        self, image: Float[Tensor, "B E height width"]
    ) -> Float[Tensor, "B C rows columns"]:
        check_image(image, self.size, self.query)
        batch, (height, width) = image.shape[0], image.shape[2:]
        units = cut(image, self.window)  # (B, N, E, W, W)
        number = units.shape[1]
        tokens = units.flatten(0, 1).flatten(2).mT  # (B · N, W², E)
        query = self._pooled(self.query(tokens).mT.unflatten(2, (self.window, self.window)))
        key, value = (split_heads(make(tokens), self.heads) for make in (self.key, self.value))
        seen = self.attend(split_heads(query, self.heads), key, value)

        side = self.window // self.stride
        output = self.output(merge_heads(seen.output)).mT.unflatten(2, (side, side))
        shape = height // self.stride, width // self.stride
        return join(output.unflatten(0, (batch, number)), *shape)

    def _pooled(self, query: Float[Tensor, "N C W W"]) -> Float[Tensor, "N T C"]:
        return cut(query, self.stride).amax(dim=(3, 4))
