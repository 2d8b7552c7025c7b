"""Set attention: a Transformer's block without positions (Lee et al., 2019, Set Transformer)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_sequence, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once


class CrossSetAttention(nn.Module):
    """MAB(x, y) = norm(h + rFF(h)), h = norm(x + multi_head(x, y)) (equations 6 and 7).

    The elements of x look at those of y. rFF is ReLU(h·W + b), each element by itself, as in the
    authors' code; the residual is x itself, as in the paper (their code takes its projection). The
    scores are divided by √(E/H), each head's size, where their code divides by √E.

    - `size`: E. `heads`: H.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(size, heads)
        self.norm = nn.LayerNorm(size)
        self.forward_layer = nn.Sequential(nn.Linear(size, size), nn.ReLU())
        self.forward_norm = nn.LayerNorm(size)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B N E"],
        y: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #N #T"] | None = None,
    ) -> Float[Tensor, "B N E"]:
        """`mask`: which elements of y there are, or who may look at whom."""
        check_sequence("y", y, self.attention.key)
        mask = laid_once(mask)
        x, y = blank_hidden(x, y, mask)
        found = self.norm(x + self.attention(x, y, mask=mask))
        return self.forward_norm(found + self.forward_layer(found))


class SetAttention(nn.Module):
    """SAB(x) = MAB(x, x): elements look at one another (equation 8). Cost T²."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.block = CrossSetAttention(size, heads)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        check_sequence("x", x, self.block.attention.query)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask)
        return self.block(x, x, mask=mask)
