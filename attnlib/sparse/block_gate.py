"""SeerAttention: a small gate learns which blocks a trained attention looks at (Gao et al., 2024).

    queries ── mean of each block ──────────> W_q ──┐
    keys ───── max, min, mean of each block > W_k ──┴─> block × block scores ─> the best per row

The model itself is frozen; the gate learns from what it attends to, see `gate_loss`.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_goes_with, check_groups, checked
from attnlib.heads._projections import Turn
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import any_along, lay
from attnlib.normalizers import neutral
from attnlib.precision import at_least_float32
from attnlib.scores import scaled_dot
from attnlib.sparse._best import best


class BlockGate(nn.Module):
    """Queries and keys → the mask of the blocks that each block of queries may attend to.

        s = (mean(q)·W_q) · ([max(k); min(k); mean(k)]·W_k) / √C,   of every pair of blocks

    The `count` blocks with the highest s are seen, the own one always among them. The choice is one
    for all queries of a block, so a query is read with those after it: this is for a text that is
    there as a whole, such as a prompt. (SeerAttention-R, for decoding, leaves queries as they are.)

    - `head_size`: D, of queries and keys as they are before positions. `heads`: H. `key_heads`: G,
      by default H. `gate_size`: C, by default D.
    - `block`: the tokens of a block; the last one may be shorter.
    - `turn`: see `MultiHeadAttention`; a block stands at its first place.
    """

    def __init__(
        self,
        head_size: int,
        heads: int,
        *,
        key_heads: int | None = None,
        gate_size: int | None = None,
        block: int,
        count: int,
        turn: Turn | None = None,
    ) -> None:
        super().__init__()
        for name, number in (("heads", heads), ("block", block), ("count", count)):
            check_at_least(1, name, number)
        key_heads = heads if key_heads is None else key_heads
        check_groups(heads, key_heads)
        gate_size = head_size if gate_size is None else gate_size
        self.block, self.count, self.turn = block, count, turn
        self.query = nn.Parameter(torch.empty(heads, head_size, gate_size))
        self.key = nn.Parameter(torch.empty(key_heads, 3 * head_size, gate_size))
        for matrix in (self.query, self.key):
            nn.init.normal_(matrix, std=matrix.shape[1] ** -0.5)

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H T D"],
        key: Float[Tensor, "B G T D"],
        *,
        mask: Mask | Bool[Tensor, "*B1 #T #T"] | None = None,
    ) -> Dense:
        """The selection among tokens that are not later and that `mask` allows too."""
        allowed = lay(Causal() if mask is None else Causal() & as_mask(mask), query, key)
        scores = self._scores(query, key, any_along(allowed, 2))
        columns = _cut(allowed.mT, self.block).any(dim=3)  # (B, 1, blocks, T)
        held = _cut(columns.mT, self.block).any(dim=3)  # (B, 1, blocks, blocks)
        own = torch.eye(held.shape[-1], dtype=torch.bool, device=key.device)
        chosen = best(scores.masked_fill(own, torch.inf), self.count, held)
        rows = chosen.repeat_interleave(self.block, dim=2)[:, :, : query.shape[2]]
        return Dense(rows.repeat_interleave(self.block, dim=3)[..., : key.shape[2]] & allowed)

    @checked
    def scores(
        self, query: Float[Tensor, "B H T D"], key: Float[Tensor, "B G T D"]
    ) -> Float[Tensor, "B H N N"]:
        """s of every pair of blocks, also of those in the future."""
        return self._scores(query, key, torch.ones_like(key[:, :1, :, 0], dtype=torch.bool))

    def _scores(self, query: Tensor, key: Tensor, there: Bool[Tensor, "#B 1 T"]) -> Tensor:
        """Tokens that are not `there` count for nothing."""
        for name, states, matrix in (("query", query, self.query), ("key", key, self.key)):
            check_goes_with(name, states, matrix)
            size = matrix.shape[1] if name == "query" else matrix.shape[1] // 3
            if (states.shape[1], states.shape[3]) != (matrix.shape[0], size):
                raise ValueError(
                    f"{name} must have {matrix.shape[0]} heads of size {size}, got "
                    f"{states.shape[1]} of {states.shape[3]}"
                )
        present = _cut(there.unsqueeze(-1), self.block)  # (B, 1, blocks, block, 1)
        asking = _mean(_cut(query, self.block), present)
        keys = _cut(key, self.block)
        some = present.any(dim=3)
        largest = keys.masked_fill(~present, -torch.inf).amax(dim=3).masked_fill(~some, 0)
        smallest = keys.masked_fill(~present, torch.inf).amin(dim=3).masked_fill(~some, 0)
        pooled = torch.cat((largest, smallest, _mean(keys, present)), dim=-1)
        asking, pooled = asking @ self.query, pooled @ self.key
        if self.turn is not None:
            places = torch.arange(0, key.shape[2], self.block, device=key.device)
            asking, pooled = self.turn(asking, places), self.turn(pooled, places)
        return scaled_dot(asking, repeat_heads(pooled, asking.shape[1]))


@checked
def gate_loss(
    scores: Float[Tensor, "B H N N"], weights: Float[Tensor, "B H T T"], *, block: int
) -> Float[Tensor, ""]:
    """KL(p ‖ softmax(s)) over the blocks up to each row's own, the mean over all rows.

    p is the largest of the attention's `weights` in each block × block square, divided by the sum
    of its row; no gradient goes into it. Raises ValueError when the blocks are not so many.
    """
    check_at_least(1, "block", block)
    number = -(-weights.shape[3] // block)
    if scores.shape[3] != number:
        raise ValueError(f"scores has {scores.shape[3]} blocks, but weights have {number}")
    highest = at_least_float32(weights).detach()
    for _ in range(2):
        highest = _cut(highest, block).amax(dim=3).mT
    past = torch.ones_like(highest, dtype=torch.bool).tril()
    target = highest.masked_fill(~past, 0)
    target = target / target.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(target.dtype).tiny)
    guess = neutral(at_least_float32(scores), past).log_softmax(dim=-1).masked_fill(~past, 0)
    total = F.kl_div(guess, target.to(guess.dtype), reduction="sum")
    return total / max(1, scores.shape[:3].numel())


def _cut(states: Tensor, block: int) -> Tensor:
    """(B, H, T, …) as (B, H, blocks, block, …); what the last block lacks is 0 or False."""
    missing = -states.shape[2] % block
    return F.pad(states, (0, 0, 0, missing)).unflatten(2, (-1, block))


def _mean(blocks: Tensor, present: Bool[Tensor, "#B 1 N L 1"]) -> Tensor:
    total = at_least_float32(blocks.masked_fill(~present, 0)).sum(dim=3)
    return (total / present.sum(dim=3).clamp(min=1)).to(blocks)
