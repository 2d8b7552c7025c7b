"""Graph attention (GAT): each node weighs its neighbors (Veličković et al., 2018)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.graphs.edges import neighborhood
from attnlib.layout import merge_heads, split_heads
from attnlib.scores import StaticScore


class GraphAttention(nn.Module):
    """headₕ,ᵢ = Σⱼ αᵢⱼ·W xⱼ over the neighbors j of i, i itself among them (equations 1 to 5).

        αᵢⱼ = softmaxⱼ(LeakyReLU(aᵢₙ · W xᵢ + aₒᵤₜ · W xⱼ))

    The paper's a is cut into its halves, for the node that looks and the one seen. A graph enters
    as a mask, so that this is the one equation with a score of its own. The paper's outer
    nonlinearity is left to the caller, as is the mean over heads for a last layer
    (`output.unflatten(-1, (H, D)).mean(-2)`).

    - `size`: E. `heads`: H. `head_size`: D. `slope`: of the LeakyReLU below 0.
    """

    def __init__(self, size: int, heads: int, *, head_size: int, slope: float = 0.2) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.size, self.heads = size, heads
        self.value = nn.Linear(size, heads * head_size, bias=False)
        self.attend = Attend(score=StaticScore(heads, head_size, slope))

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], edges: Bool[Tensor, "*B1 T T"]
    ) -> Float[Tensor, "B T HD"]:
        """`edges[i, j]`: node i sees node j; (T, T), or (B, 1, T, T) for a graph per sequence.

        They are data, as x is, and no mask: every node sees itself, whatever they say.
        """
        check_sequence("x", x, self.value)
        states = split_heads(self.value(x), self.heads)
        mask = neighborhood(edges, x)
        return merge_heads(self.attend(states, states, states, mask=mask).output)
