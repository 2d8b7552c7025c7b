"""The score of graph attention (Veličković et al., 2018): one preference for all queries."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.precision import at_least_float32
from attnlib.scores._made_for import check_heads


class StaticScore(nn.Module):
    """LeakyReLU(aᵢₙ·q + aₒᵤₜ·k): every query ranks the keys alike (Brody et al., 2022)."""

    def __init__(self, heads: int, head_size: int, slope: float) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.slope = slope
        self.looking = nn.Parameter(torch.empty(heads, head_size))  # aᵢₙ
        self.seen = nn.Parameter(torch.empty(heads, head_size))  # aₒᵤₜ
        nn.init.xavier_uniform_(self.looking)
        nn.init.xavier_uniform_(self.seen)

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        check_heads(query, self.looking)
        of_query = at_least_float32(query * self.looking.unsqueeze(1)).sum(dim=-1)
        of_key = at_least_float32(key * self.seen.unsqueeze(1)).sum(dim=-1)
        scores = F.leaky_relu(of_query.unsqueeze(-1) + of_key.unsqueeze(-2), self.slope)
        return scores if scale is None else scores * scale
