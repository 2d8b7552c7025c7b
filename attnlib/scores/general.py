"""A learned bilinear form between query and key (Luong et al., 2015)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_goes_with, checked
from attnlib.scores._made_for import check_size
from attnlib.scores.dot_products import dot


class General(nn.Module):
    """q·W·kᵀ, a learned bilinear form (Luong et al., 2015, section 3.1). The sizes may differ."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(query_size, key_size))
        nn.init.xavier_uniform_(self.weight)

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk K"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        check_size("query", query, self.weight.shape[0])
        check_size("key", key, self.weight.shape[1])
        check_goes_with("query", query, self.weight)
        check_goes_with("key", key, self.weight)
        return dot(query @ self.weight, key, scale)
