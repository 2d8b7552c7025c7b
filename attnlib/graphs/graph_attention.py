"""Graph attention (GAT): each node weighs its neighbors (Veličković et al., 2018)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checked import checked
from attnlib.checks import check_sequence
from attnlib.graphs.edges import check_heads, neighborhood
from attnlib.heads.multi_head import merge_heads, split_heads
from attnlib.masks.checks import check_at_least
from attnlib.recording import Attend
from attnlib.scores import at_least_float32


class GraphAttention(nn.Module):
    """headₕ,ᵢ = Σⱼ αᵢⱼ·W xⱼ over the neighbors j of i, i itself among them (equations 1 to 5).

        αᵢⱼ = softmaxⱼ(LeakyReLU(aᵢₙ · W xᵢ + aₒᵤₜ · W xⱼ))

    The paper's a is cut into its halves, for the node that looks and the one seen. A graph enters
    as a mask, so that this is the one equation with a score of its own. The paper's outer
    nonlinearity is left to the caller, as is the mean over heads for a last layer
    (`output.unflatten(-1, (H, D)).mean(-2)`).

    - `size`: E. `heads`: H. `head_size`: D. `slope`: of the LeakyReLU below 0.
    """

    def __init__(self, size: int, heads: int, head_size: int, *, slope: float = 0.2) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.size, self.heads = size, heads
        self.value = nn.Linear(size, heads * head_size, bias=False)
        self.attend = Attend(score=StaticScore(heads, head_size, slope))

    def forward(
        self, x: Float[Tensor, "B T E"], edges: Bool[Tensor, "*B1 T T"]
    ) -> Float[Tensor, "B T HD"]:
        """`edges[i, j]`: node i sees node j; (T, T), or (B, 1, T, T) for a graph a sequence."""
        check_sequence("x", x, self.value.weight)
        states = split_heads(self.value(x), self.heads)
        mask = neighborhood(edges, x)
        return merge_heads(self.attend(states, states, states, mask=mask).output)


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
