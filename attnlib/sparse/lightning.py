"""DeepSeek sparse attention: a small indexer picks each query's keys (DeepSeek-AI, 2025).

I_ts = Σ_j w_tj · ReLU(qᴵ_tj · kᴵ_s)                                               (equation 1)
output_t = attention of query t over the k tokens s ≤ t with the highest I_ts       (equation 2)

The selection is one for all heads, so it composes with any attention; in DeepSeek-V3.2 with the
latent one: `LatentAttention(…)(x, mask=indexer(x))`.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.layout import split_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import check_fits
from attnlib.normalizers import neutral
from attnlib.precision import at_least_float32
from attnlib.scores import dot
from attnlib.sparse._best import best


class LightningIndexer(nn.Module):
    """x (B, T, E) → the mask of the `count` tokens that each token may attend to, itself included.

    - `size`: E. `heads`: of the indexer, few. `head_size`: of its queries and of its one key.

    Its query, key and weight are linear in x, as in the paper's equation. The released model makes
    the query from the query latent and adds a LayerNorm on the key, rotary positions, and constant
    factors; the last change nothing in the choice. So it takes no released weights. Choosing has no
    gradient: the indexer learns from `indexer_loss`.
    """

    def __init__(self, size: int, heads: int, *, head_size: int, count: int) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        check_at_least(1, "count", count)
        self.heads, self.count = heads, count
        self.query = nn.Linear(size, heads * head_size, bias=False)
        self.key = nn.Linear(size, head_size, bias=False)
        self.weight = nn.Linear(size, heads, bias=False)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*B1 #T #T"] | None = None
    ) -> Dense:
        """The selection among those that are not later and that `mask` allows too."""
        return select(self.scores(x), count=self.count, mask=mask)

    @checked
    def scores(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B 1 T T"]:
        """I_ts of every pair, also of those that the causal mask hides."""
        check_sequence("x", x, self.key)
        query, weight = split_heads(self.query(x), self.heads), self.weight(x).mT
        return index_scores(query, self.key(x).unsqueeze(1), weight)


@checked
def index_scores(
    query: Float[Tensor, "B I Tq C"],
    key: Float[Tensor, "B 1 Tk C"],
    weight: Float[Tensor, "B I Tq"],
) -> Float[Tensor, "B 1 Tq Tk"]:
    """Σ_j w_tj · ReLU(q_tj · k_s) over the indexer's heads j, which share one key (equation 1).

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    each = dot(query, key.expand(-1, query.shape[1], -1, -1)).relu()
    return (each * at_least_float32(weight).unsqueeze(-1)).sum(dim=1, keepdim=True)


@checked
def select(
    scores: Float[Tensor, "B 1 Tq Tk"],
    *,
    count: int,
    mask: Mask | Bool[Tensor, "*B1 #Tq #Tk"] | None = None,
) -> Dense:
    """The `count` keys with the highest scores among those not later, and allowed by `mask`.

    Of equal scores, as where ReLU gives 0, the first wins.
    """
    causal = Causal() if mask is None else Causal() & as_mask(mask)
    return Dense(best(scores, count, _allowed(causal, scores)))


@checked
def indexer_loss(
    scores: Float[Tensor, "B 1 Tq Tk"],
    weights: Float[Tensor, "B H Tq Tk"],
    *,
    mask: Mask | Bool[Tensor, "*B1 #Tq #Tk"],
) -> Float[Tensor, ""]:
    """Σ_t KL(p_t ‖ softmax(I_t)), the mean over the batch              (equations 3 and 4)

    The target p_t is the sum of all heads' attention weights over the keys that `mask`
    allows, divided by its total; no gradient goes into it. The mask is the causal one while the
    attention is still dense, then what was selected.
    """
    allowed = _allowed(as_mask(mask), scores)
    target = (at_least_float32(weights).detach().sum(dim=1, keepdim=True)).masked_fill(~allowed, 0)
    target = target / target.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(target.dtype).tiny)
    guess = neutral(scores, allowed).log_softmax(dim=-1).masked_fill(~allowed, 0)
    total = nn.functional.kl_div(guess, target.to(guess.dtype), reduction="sum")
    return total / max(1, scores.shape[0])


def _allowed(mask: Mask, scores: Float[Tensor, "B 1 Tq Tk"]) -> Bool[Tensor, "#B 1 Tq Tk"]:
    """The mask laid over the scores, which are the same for all heads."""
    allowed = mask.dense(*scores.shape[2:], device=scores.device)
    check_fits(allowed, scores)
    return allowed
