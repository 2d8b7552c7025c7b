"""The score of GATv2 (Brody et al., 2022): every query prefers keys of its own."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked
from attnlib.precision import at_least_float32
from attnlib.scores._made_for import check_heads


class DynamicScore(nn.Module):
    """a · LeakyReLU(q + k). It holds every pair's vector at once: memory grows as Tq · Tk · D."""

    def __init__(self, heads: int, head_size: int, slope: float) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.slope = slope
        self.combine = nn.Parameter(torch.empty(heads, head_size))  # a
        nn.init.xavier_uniform_(self.combine)

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk D"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        check_heads(query, self.combine)
        pairs = F.leaky_relu(query.unsqueeze(3) + key.unsqueeze(2), self.slope)
        scores = at_least_float32(pairs * self.combine[:, None, None]).sum(dim=-1)
        return scores if scale is None else scores * scale
