"""CoPE: positions that count only what matters (Golovneva et al., 2024)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_goes_with, checked
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay
from attnlib.precision import at_least_float32
from attnlib.scores import scaled_dot


class ContextualPositions(nn.Module):
    """How many tokens a query counts from a key to itself; some count fully, some hardly.

        gateᵢⱼ  = σ(sᵢⱼ)                     whether query i counts token j; s = qᵢ · kⱼ / √D
        pᵢⱼ     = gateᵢⱼ + … + gateᵢᵢ         at most `longest`
        scoreᵢⱼ = sᵢⱼ + qᵢ · e(pᵢⱼ)           e between two whole places by a straight line

    (Golovneva et al., 2024, section 4; the 1/√D stands in the listing of its appendix, its
    equations leave it out. Its authors' code by default divides the second term by √D too: take a
    table that much smaller.) The second term is a bias made from query and key:

        attention(query, key, value, mask=masks.Causal(), bias=positions(query, key))

    It is for causal attention; what a further `mask` hides is not counted either. Time and memory
    grow as Tq · Tk.

    - `head_size`: D. `longest`: the last place with a vector of its own; what is further shares it.

    Raises TypeError or ValueError when `longest` is less than 1, or the sizes do not fit.
    """

    def __init__(self, head_size: int, *, longest: int) -> None:
        super().__init__()
        check_at_least(1, "head_size", head_size)
        check_at_least(1, "longest", longest)
        self.longest = longest
        self.table = nn.Parameter(torch.zeros(longest + 1, head_size))

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk D"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        if query.shape[-1] != self.table.shape[1]:
            raise ValueError(
                f"query has size {query.shape[-1]}, but the table has {self.table.shape[1]}"
            )
        check_goes_with("query", query, self.table)
        place = self.places(query, key, mask=mask)
        query, _, _ = _seen(query, key, mask)
        below = place.floor()
        choices = at_least_float32(query @ self.table.mT)  # (B, H, Tq, longest + 1)
        lower = choices.gather(-1, below.long())
        upper = choices.gather(-1, place.ceil().long())
        return torch.lerp(lower, upper, place - below).to(query.dtype)

    @checked
    def places(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk D"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        """pᵢⱼ, the tokens that query i counts from key j to itself; 0 after the query."""
        query, key, allowed = _seen(query, key, mask)
        scores = scaled_dot(query, repeat_heads(key, query.shape[1]))
        gates = scores.sigmoid().masked_fill(~allowed, 0)
        return gates.flip(-1).cumsum(-1).flip(-1).clamp(max=self.longest)


def _seen(
    query: Tensor, key: Tensor, mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Query and key without what nobody sees, and who sees whom."""
    rule = Causal() if mask is None else Causal() & as_mask(mask)
    allowed = lay(rule, query, key)
    return blank_unseen(query, allowed.mT), blank_unseen(key, allowed), allowed
