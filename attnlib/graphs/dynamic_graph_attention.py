"""GATv2: graph attention whose nodes have preferences of their own (Brody et al., 2022)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.graphs.edges import neighborhood
from attnlib.layout import merge_heads, split_heads
from attnlib.scores import DynamicScore


class DynamicGraphAttention(nn.Module):
    """headₕ,ᵢ = Σⱼ αᵢⱼ·U xⱼ over the neighbors j of i, i itself among them.

        αᵢⱼ = softmaxⱼ(a · LeakyReLU(W xᵢ + U xⱼ))

    (Equation 7.) The bend now comes before a, not after it: otherwise the query's part only shifts
    all scores of a row, and every node prefers the same neighbor. With a slope of 1, which bends
    nothing, the two are equal.

    - `size`: E. `heads`: H. `head_size`: D. `slope`: of the LeakyReLU below 0.
    """

    def __init__(self, size: int, heads: int, *, head_size: int, slope: float = 0.2) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.size, self.heads = size, heads
        self.query = nn.Linear(size, heads * head_size, bias=False)
        self.value = nn.Linear(size, heads * head_size, bias=False)
        self.attend = Attend(score=DynamicScore(heads, head_size, slope))

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], edges: Bool[Tensor, "*B1 T T"]
    ) -> Float[Tensor, "B T HD"]:
        """`edges[i, j]`: node i sees node j; (T, T), or (B, 1, T, T) for a graph per sequence.

        They are data, as x is, and no mask: every node sees itself, whatever they say.
        """
        check_sequence("x", x, self.value)
        query = split_heads(self.query(x), self.heads)
        states = split_heads(self.value(x), self.heads)
        mask = neighborhood(edges, x)
        return merge_heads(self.attend(query, states, states, mask=mask).output)
