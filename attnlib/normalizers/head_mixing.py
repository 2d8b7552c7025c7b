"""Head mixing: neighboring heads share what they found (Golovneva et al., 2025, section 3.2)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.normalizers._softmax import softmax
from attnlib.precision import no_autocast


class HeadMixing(nn.Module):
    """weights = M · softmax(scores), the product within each group of heads (equation 7).

    Heads stand in groups of `group` in a row; a group's M, (group, group), is learned, at first the
    identity. The second half of talking heads, in groups. After it, weights may be negative and
    rows need not sum to 1. Where a head may not look its weight stays 0, whatever others found.

    Raises ValueError when the groups do not fill the heads.
    """

    def __init__(self, heads: int, group: int) -> None:
        super().__init__()
        if group < 1 or heads % group:
            raise ValueError(f"group must divide the {heads} heads, got {group}")
        self.mix = nn.Parameter(torch.eye(group).repeat(heads // group, 1, 1))

    @checked
    def forward(
        self,
        scores: Float[Tensor, "B H Tq Tk"],
        allowed: Bool[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        groups, group, _ = self.mix.shape
        if scores.shape[1] != groups * group:
            raise ValueError(f"scores have {scores.shape[1]} heads, expected {groups * group}")
        weights = softmax(scores, allowed).unflatten(1, (groups, group))
        with no_autocast(weights):
            mixed = torch.einsum("nhg,bngqk->bnhqk", self.mix.to(weights), weights).flatten(1, 2)
        return mixed if allowed is None else mixed.masked_fill(~allowed, 0)
