"""Selective attention: a token can tell the later ones to stop looking at an earlier one.

(Leviathan et al., 2024, section 3.) No parameters are added.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.heads._projections import Projections
from attnlib.layout import merge_heads
from attnlib.masks import Causal, Mask, as_mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.precision import at_least_float32


class SelectiveAttention(Projections):
    """softmax(QKᵀ/√D − F)·V, causal, where F sums what the tokens before have masked.

    What a token masks is what the first head looks at. Every `mask` is combined with the causal
    one; a token that no query may see masks nothing. No cache: what earlier tokens masked would
    have to be kept too. The arguments are those of `MultiHeadAttention`, but for a context's.
    """

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        causal = laid_once(Causal() if mask is None else Causal() & as_mask(mask))
        x, _ = blank_hidden(x, None, causal)
        query, key, value = (at_least_float32(states) for states in self.project(x))
        allowed = causal.dense(x.shape[1], device=x.device)[:, :1]
        first = self.attend.score(query[:, :1], key[:, :1], self.attend.scale)
        masked = accumulated(first, allowed)
        seen = self.attend(query, key, value, mask=causal, bias=-masked)
        return self.output(merge_heads(seen.output).to(x.dtype))


@checked
def accumulated(
    scores: Float[Tensor, "B 1 T T"], allowed: Bool[Tensor, "#B 1 T T"]
) -> Float[Tensor, "B 1 T T"]:
    """Fᵢⱼ = Σ_{l<i} Sₗⱼ: how much the tokens before i have masked token j, from one head's scores.

    S is ReLU(scores) where token l may look; but nobody masks a text's first token, the one that
    sees none before it, nor itself, and what no query may see masks nothing.
    """
    before = allowed.tril(-1)
    later, heard = before.any(dim=-1).unsqueeze(-2), allowed.any(dim=-2).unsqueeze(-1)
    itself = torch.eye(scores.shape[-1], dtype=torch.bool, device=scores.device)
    selected = scores.masked_fill(~(allowed & later & heard & ~itself), 0).relu()
    return F.pad(selected, (0, 0, 1, 0))[..., :-1, :].cumsum(dim=-2)
