"""DeBERTa: content and position each look at the other (He et al., 2021)."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_goes_with, checked
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay
from attnlib.positions._distances import distances, pick


class DisentangledPositions(nn.Module):
    """Three scores added up: content to content, content to position, position to content.

        scoreᵢⱼ = [ qᵢ · kⱼ  +  qᵢ · kʳ(i − j)  +  kⱼ · qʳ(j − i) ] / √(3D)

    (He et al., 2021, equation 4.) kʳ and qʳ are projections of a learned vector for each distance,
    clipped to −k … k − 1 with k = `longest`. (Its authors' code, and transformers after it, reads
    qʳ at i − j instead: a mirrored table.) The last two are a bias made from query and key:

        attention(query, key, value, bias=positions(query, key), scale=positions.scale)

    - `size`: E, of the learned vectors. `heads`: H. `head_size`: D. `longest`: k.

    Given the attention's `mask`, it reads nothing that this hides.
    Raises TypeError or ValueError when a size is less than 1, or query or key does not have `heads`
    heads of `head_size`.
    """

    def __init__(self, size: int, heads: int, *, head_size: int, longest: int) -> None:
        super().__init__()
        sizes = {"size": size, "heads": heads, "head_size": head_size, "longest": longest}
        for name, number in sizes.items():
            check_at_least(1, name, number)
        self.heads = heads
        self.head_size = head_size
        self.longest = longest
        self.scale = 1 / math.sqrt(3 * head_size)  # three scores in place of one
        self.table = nn.Parameter(torch.empty(2 * longest, size))
        nn.init.normal_(self.table, std=0.02)
        self.key = nn.Linear(size, heads * head_size, bias=False)  # kʳ
        self.query = nn.Linear(size, heads * head_size, bias=False)  # qʳ

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B H Tk D"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        for name, states in (("query", query), ("key", key)):
            if (states.shape[1], states.shape[3]) != (self.heads, self.head_size):
                raise ValueError(
                    f"{name} has {states.shape[1]} heads of size {states.shape[3]}, "
                    f"but these positions are for {self.heads} of {self.head_size}"
                )
            check_goes_with(name, states, self.table)
        if mask is not None:
            allowed = lay(as_mask(mask), query, key)
            query, key = blank_unseen(query, allowed.mT), blank_unseen(key, allowed)
        away = distances(query.shape[2], key.shape[2], device=query.device)
        content_to_position = pick(query @ self._heads(self.key), self._place(away))
        position_to_content = pick(key @ self._heads(self.query), self._place(-away.mT)).mT
        return (content_to_position + position_to_content) * self.scale

    def _place(self, away: Tensor) -> Tensor:
        """The paper's δ (equation 3): a distance's row in the table."""
        return (away + self.longest).clamp(0, 2 * self.longest - 1)

    def _heads(self, project: nn.Linear) -> Float[Tensor, "H D N"]:
        return project(self.table).unflatten(-1, (self.heads, self.head_size)).permute(1, 2, 0)
