"""Talking heads: heads exchange their scores, and their weights (Shazeer et al., 2020)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from attnlib.checks import check_at_least, checked, weight_of
from attnlib.normalizers._softmax import softmax
from attnlib.precision import no_autocast


class TalkingHeads(nn.Module):
    """weights = P_w · softmax(P_l · scores), both products over the heads.

    With P_l = P_w = I the heads are on their own again. After P_w, weights may be negative and rows
    need not sum to 1. Raises ValueError when the mask differs from head to head: a head would
    then be told scores of keys that it may not see.
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.heads = heads
        self.scores = nn.Linear(heads, heads, bias=False)
        self.weights = nn.Linear(heads, heads, bias=False)

    @checked
    def forward(
        self,
        scores: Float[Tensor, "B H Tq Tk"],
        allowed: Bool[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        if scores.shape[1] != self.heads:
            raise ValueError(f"scores have {scores.shape[1]} heads, but {self.heads} are to talk")
        if allowed is not None and allowed.dim() > 2 and allowed.shape[-3] > 1:
            raise ValueError(
                f"mask must be the same for all heads, got {allowed.shape[-3]} of them"
            )
        if allowed is not None:
            scores = scores.masked_fill(~allowed, 0)  # the same for all heads, so never told
        return mix_heads(self.weights, softmax(mix_heads(self.scores, scores), allowed))


@checked
def mix_heads(mix: nn.Module, maps: Float[Tensor, "B H Tq Tk"]) -> Float[Tensor, "B H Tq Tk"]:
    """New map h = Σ_g mix[h, g] · map g, in the maps' own precision."""
    weight, states = weight_of(mix), maps.movedim(1, -1)
    if weight is not None and maps.shape[1] != weight.shape[1]:
        raise ValueError(f"maps have {maps.shape[1]} heads, but mix takes {weight.shape[1]}")
    with no_autocast(maps):
        mixed: Tensor = mix(states) if weight is None else F.linear(states, weight.to(maps))
        return mixed.movedim(-1, 1)
