"""Shifted windows: attention inside squares that move from layer to layer (Liu et al., 2021, Swin).

layer 1          layer 2, moved by W/2
┌───┬───┐        ┌─┬───┬─┐
│   │   │        ├─┼───┼─┤      A pixel sees its own square only; the next layer's squares
├───┼───┤        │ │   │ │      lie across the borders of this one's, so that squares talk.
│   │   │        ├─┼───┼─┤
└───┴───┘        └─┴───┴─┘
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.masks import Document
from attnlib.vision.tiles import check_image, cut, join


class WindowAttention(nn.Module):
    """softmax(QKᵀ/√D + B)·V in each W × W window (equation 4), over an image (B, E, height, width).

    B is learned, one number per head for each offset (rows, columns) between query and key.

    - `size`: E, the channels. `heads`: H.
    - `window`: W, in pixels, of which height and width are multiples.
    - `shift`: how far the windows are moved, 0 ≤ shift < W; the paper alternates 0 and ⌊W/2⌋.

    The squares cut by the border are put together on the other side, so that all windows are of
    one size; a mask keeps the parts apart (section 3.2). `record_attention` sees a window as a
    sequence of its own: (B · windows, H, W², W²).
    """

    def __init__(self, size: int, heads: int, *, window: int, shift: int = 0) -> None:
        super().__init__()
        check_at_least(1, "window", window)
        if not 0 <= shift < window:
            raise ValueError(f"shift must be at least 0 and below {window}, got {shift}")
        self.size, self.window, self.shift = size, window, shift
        self.layer = MultiHeadAttention(size, heads)
        self.table = nn.Parameter(torch.empty(heads, 2 * window - 1, 2 * window - 1))
        nn.init.trunc_normal_(self.table, std=0.02)

    @checked
    def forward(
        self, image: Float[Tensor, "B E height width"]
    ) -> Float[Tensor, "B E height width"]:
        check_image(image, self.size, self.table)
        batch, (height, width) = image.shape[0], image.shape[2:]
        labels = window_labels(height, width, window=self.window, shift=self.shift).to(image.device)
        back, ahead = (-self.shift, -self.shift), (self.shift, self.shift)

        tiles = cut(image.roll(back, dims=(2, 3)), self.window).flatten(0, 1)
        parts = cut(labels.roll(back, dims=(0, 1))[None, None], self.window).flatten(2)[0]
        mask = Document(parts.repeat(batch, 1)) if self.shift else None
        query, key, value = self.layer.project(tiles.flatten(2).mT)
        seen = self.layer.attend(query, key, value, mask=mask, bias=self.bias())

        output = self.layer.output(merge_heads(seen.output)).mT
        tiles = output.unflatten(2, (self.window, self.window))
        tiles = tiles.unflatten(0, (batch, parts.shape[0]))
        return join(tiles, height, width).roll(ahead, dims=(2, 3))

    def bias(self) -> Float[Tensor, "1 H W² W²"]:
        """B: for pixels i and j of a window, what the table holds for their offset i − j."""
        place = torch.arange(self.window**2, device=self.table.device)
        row, column = place // self.window, place % self.window
        down, right = row[:, None] - row, column[:, None] - column
        return self.table[:, down + self.window - 1, right + self.window - 1].unsqueeze(0)


def window_labels(
    height: int, width: int, *, window: int, shift: int = 0
) -> Int[Tensor, "height width"]:
    """The number of each pixel's window; pixels of one number see one another."""
    check_at_least(1, "window", window)
    for name, pixels in (("height", height), ("width", width)):
        check_at_least(1, name, pixels)
    row = (torch.arange(height) - shift).div(window, rounding_mode="floor")
    column = (torch.arange(width) - shift).div(window, rounding_mode="floor")
    return (row[:, None] + 1) * (width + 1) + column + 1
