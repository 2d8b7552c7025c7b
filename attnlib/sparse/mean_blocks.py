"""Blocks chosen by the mean of their keys, and the unfinished one (Qwen, 2026, QSA)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.heads._projections import Turn
from attnlib.layout import split_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import blank_hidden, lay
from attnlib.precision import at_least_float32
from attnlib.sparse._best import best
from attnlib.sparse.lightning import index_scores


class MeanBlockIndexer(nn.Module):
    """x (B, T, E) → the mask of the tokens that each token may attend to.

        s_i = Σ_j ReLU( turn(norm(qᴵ_j)) · turn(norm(mean of the keys kᴵ of block i)) )

    Of the finished blocks, those wholly up to the token, the `count` with the highest s are seen;
    so is what has come of the token's own block while that is not finished. A block stands at its
    first place. The choice is one for all heads. (As transformers implements Qwen's `qwen4_exp`;
    there is no paper.)

    - `size`: E. `heads`: of the indexer's queries. `head_size`: of these and of its one key.
    - `block`: the tokens of a block. `turn`: see `MultiHeadAttention`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        head_size: int,
        block: int,
        count: int,
        turn: Turn | None = None,
    ) -> None:
        super().__init__()
        for name, number in (("heads", heads), ("block", block), ("count", count)):
            check_at_least(1, name, number)
        self.heads, self.block, self.count, self.turn = heads, block, count, turn
        self.query = nn.Linear(size, heads * head_size, bias=False)
        self.key = nn.Linear(size, head_size, bias=False)
        self.query_norm = nn.RMSNorm(head_size, eps=1e-6)
        self.key_norm = nn.RMSNorm(head_size, eps=1e-6)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*B1 #T #T"] | None = None
    ) -> Dense:
        """The selection among those that are not later and that `mask` allows too.

        An earlier block of which the mask hides a token counts as unfinished, and is not seen.
        """
        check_sequence("x", x, self.key)
        x, _ = blank_hidden(x, None, mask)
        scores = self._scores(x)
        rule = Causal() if mask is None else Causal() & as_mask(mask)
        allowed = lay(rule, scores, x.unsqueeze(1))
        tokens, number = x.shape[1], scores.shape[3]
        whole = allowed[..., : number * self.block].unflatten(-1, (number, self.block)).all(dim=-1)
        chosen = best(scores, self.count, whole.expand_as(scores))
        seen = chosen.repeat_interleave(self.block, dim=-1)
        seen = F.pad(seen, (0, tokens - number * self.block))

        places = torch.arange(tokens, device=x.device)
        own = places.unsqueeze(-1) // self.block == places // self.block
        finished = (places + 1) % self.block == 0
        return Dense((seen | (own & ~finished.unsqueeze(-1))) & allowed)

    def _scores(self, x: Tensor) -> Float[Tensor, "B 1 T N"]:
        number = x.shape[1] // self.block
        places = torch.arange(x.shape[1], device=x.device)
        query = self.query_norm(split_heads(self.query(x), self.heads))
        blocks = self.key(x)[:, : number * self.block].unflatten(1, (number, self.block))
        mean = at_least_float32(blocks).mean(dim=2).to(x)
        key = self.key_norm(mean).unsqueeze(1)  # (B, 1, N, D)
        if self.turn is not None:
            query, key = self.turn(query, places), self.turn(key, places[:: self.block][:number])
        return index_scores(query, key, torch.ones_like(query[..., 0]))
