"""PaTH: a path of reflections from key to query, made from the tokens (Yang et al., 2025).

Where RoPE turns by a fixed angle at each token, PaTH applies H = I − β w wᵀ, with w and β of that
token: a projection for β = 1, a reflection for β = 2, nothing for β = 0.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.masks import Causal, Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay, unseen_keys
from attnlib.positions._distances import distances
from attnlib.precision import at_least_float32


@checked
def householder_bias(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
    directions: Float[Tensor, "B H Tk D"],
    strengths: Float[Tensor, "B H Tk"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Float[Tensor, "B H Tq Tk"]:
    """What the path takes from the score, so that with it scoreᵢⱼ = kⱼᵀ Hⱼ₊₁ ⋯ Hᵢ qᵢ / √D.

        bias = − lower(Q Wᵀ) · (I + below(β W Wᵀ))⁻¹ · β below(W Kᵀ) / √D

    (Yang et al., 2025, the product of all H at once, by one triangular system; *below* is the part
    under the diagonal, *lower* includes it.)

        attention(query, key, value, mask=masks.Causal(), bias=householder_bias(…))

    It is for causal attention. What a further `mask` hides from every query is no step of the
    path. `directions` w are of length 1, `strengths` β between 0 and 2.
    Raises TypeError or ValueError when the shapes do not fit.
    """
    if mask is not None:
        allowed = lay(Causal() & as_mask(mask), query, key)
        query = blank_unseen(query, allowed.mT)
        key, directions = blank_unseen(key, allowed), blank_unseen(directions, allowed)
        strengths = blank_unseen(strengths.unsqueeze(-1), allowed).squeeze(-1)
    Q, K, W = at_least_float32(query), at_least_float32(key), at_least_float32(directions)
    strength = at_least_float32(strengths).unsqueeze(-1)
    future = distances(query.shape[2], key.shape[2], device=query.device) < 0

    meet = strength * (W @ W.mT).tril(-1)  # (B, H, Tk, Tk)
    left = strength * (W @ K.mT).tril(-1)
    unit = torch.eye(key.shape[2], dtype=meet.dtype, device=meet.device)
    path = torch.linalg.solve_triangular(meet + unit, left, upper=False, unitriangular=True)
    taken = (Q @ W.mT).masked_fill(future, 0) @ path
    return (-taken / math.sqrt(query.shape[-1])).to(query.dtype)


class HouseholderSteps(nn.Module):
    """Each token's w and β from the tokens x themselves (Yang et al., 2025).

        w = normalize(conv(x·A·B)),  a causal convolution over 3 tokens, A and B of rank `rank`
        β = 2 σ(x·u + b)

    - `size`: E. `heads`: H. `head_size`: D. `rank`: of x·A.

    Given the attention's `mask`, a token that no query may see is an empty one to the convolution.
    So the paper's formula; the layer in the flash-linear-attention library bends the convolution's
    result by a SiLU before it is normalized.
    """

    def __init__(self, size: int, heads: int, *, head_size: int, rank: int = 32) -> None:
        super().__init__()
        for name, number in (("heads", heads), ("head_size", head_size), ("rank", rank)):
            check_at_least(1, name, number)
        self.heads = heads
        width = heads * head_size
        self.down = nn.Linear(size, rank, bias=False)
        self.up = nn.Linear(rank, width, bias=False)
        self.blend = nn.Conv1d(width, width, kernel_size=3, groups=width, bias=False)
        self.strength = nn.Linear(size, heads)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None
    ) -> tuple[Float[Tensor, "B H T D"], Float[Tensor, "B H T"]]:
        """`directions` and `strengths` for `householder_bias`."""
        check_sequence("x", x, self.down)
        if x.shape[1] == 0:
            raise ValueError("x must have at least one token, got an empty sequence")
        if mask is not None:
            x = self._seen(x, Causal() & as_mask(mask))
        before = F.pad(self.up(self.down(x)).mT, (2, 0))  # two empty tokens in front
        directions = self.blend(before).unflatten(1, (self.heads, -1)).mT
        return F.normalize(directions, dim=-1), 2 * self.strength(x).sigmoid().mT

    def _seen(self, x: Float[Tensor, "B T E"], mask: Mask) -> Float[Tensor, "B T E"]:
        """x, in which a token that no query of any head may see is empty."""
        unseen = unseen_keys(mask, x)
        return x if unseen is None else x.masked_fill(unseen.all(dim=1).unsqueeze(-1), 0)
