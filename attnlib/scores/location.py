"""Location-based attention: where to look follows from the query alone (Luong et al., 2015)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_goes_with, checked
from attnlib.precision import at_least_float32


class Location(nn.Module):
    """scoreⱼ = wⱼ·q, a learned vector wⱼ for each place j of the keys (section 3.1, equation 8).

    What stands at the place is not read: of `key`, only the length counts. A key beyond the
    `longest` places has no vector: ValueError.
    """

    def __init__(self, query_size: int, longest: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(longest, query_size))
        nn.init.xavier_uniform_(self.weight)

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk K"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        longest, size = self.weight.shape
        if query.shape[-1] != size:
            raise ValueError(f"query has size {query.shape[-1]}, but the score expects {size}")
        if key.shape[2] > longest:
            raise ValueError(f"key has length {key.shape[2]}, but the score knows {longest} places")
        check_goes_with("query", query, self.weight)
        scores = at_least_float32(query @ self.weight[: key.shape[2]].mT)
        return scores if scale is None else scores * scale
