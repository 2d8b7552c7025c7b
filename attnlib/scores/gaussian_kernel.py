"""How near query and key are: after the softmax, kernel regression (Nadaraya, 1964)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.precision import at_least_float32
from attnlib.scores._made_for import check_size


class GaussianKernel(nn.Module):
    """−‖q − k‖² / 2w²: after the softmax, kernel regression (Nadaraya, 1964; Watson, 1964).

    `width` w is in the units of the query; small widths look only at the nearest keys.
    Raises ValueError when `width` is not positive.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        if width <= 0:
            raise ValueError(f"width must be positive, got {width}")
        self.width = width

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        check_size("key", key, query.shape[-1])
        difference = at_least_float32(query).unsqueeze(3) - at_least_float32(key).unsqueeze(2)
        scores = difference.square().sum(dim=-1) / (-2 * self.width**2)
        return scores if scale is None else scores * scale
