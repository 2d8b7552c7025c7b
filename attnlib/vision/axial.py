"""Axial attention: along the rows, then along the columns (Ho et al., 2019)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.vision.tiles import check_image


class AxialAttention(nn.Module):
    """output = columns(rows(image)), each a multi-head self-attention along one axis (section 3).

    A pixel of a row sees its row, which has seen its columns' rows: two steps reach all pixels, at
    a cost of T · (height + width) instead of T², for T pixels. `record_attention` shows `rows` as
    (B · height, H, width, width) and `columns` as (B · width, H, height, height).

    - `size`: E, the channels. `heads`: H, of either axis.

    The paper wraps each axis into a block of its own, with residuals; here are the two attentions.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.size = size
        self.rows = MultiHeadAttention(size, heads)
        self.columns = MultiHeadAttention(size, heads)

    @checked
    def forward(
        self, image: Float[Tensor, "B E height width"]
    ) -> Float[Tensor, "B E height width"]:
        check_image(image, self.size, self.rows.query)
        by_row = _along(self.rows, image.permute(0, 2, 3, 1))  # (B, height, width, E)
        by_column = _along(self.columns, by_row.transpose(1, 2))  # (B, width, height, E)
        return by_column.permute(0, 3, 2, 1)


def _along(layer: nn.Module, lines: Float[Tensor, "B N T E"]) -> Float[Tensor, "B N T E"]:
    """`layer` applied to each of the N lines by itself."""
    output: Tensor = layer(lines.flatten(0, 1))
    return output.unflatten(0, lines.shape[:2])
