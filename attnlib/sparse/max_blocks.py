"""Blocks chosen by their best key, one choice for each group of heads (MiniMax, 2026, MSA)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, check_groups, checked
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.scores import dot
from attnlib.sparse._best import best


@checked
def select(
    query: Float[Tensor, "B I Tq C"],
    key: Float[Tensor, "B 1 Tk C"],
    *,
    heads: int,
    block: int,
    count: int,
    local: int = 1,
    mask: Mask | Bool[Tensor, "*B1 #Tq #Tk"] | None = None,
) -> Dense:
    """The tokens up to the query's own, in the `count` blocks with the highest

        s_i = max over the keys j of block i of qᴵ · kᴵ_j

    of an indexer with I small query heads and one key. Each index head chooses for its group of
    `heads`/I heads, so those that share keys and values look at the same blocks, and a kernel loads
    each once. (MSA of MiniMax-M3: blocks of 128, 16 of them.)

    - `local`: how many blocks, the query's own and those before it, are always among the `count`.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_groups(heads, query.shape[1], "heads", "query")
    check_at_least(1, "block", block)
    check_at_least(0, "local", local)
    rule = Causal() if mask is None else Causal() & as_mask(mask)
    allowed = lay(rule, query, key)
    scores = dot(query, key.expand(-1, query.shape[1], -1, -1)).masked_fill(~allowed, -torch.inf)
    best_of_block = _cut(scores, block, -torch.inf).amax(dim=-1)  # (B, I, Tq, blocks)
    held = _cut(allowed, block, False).any(dim=-1)

    first = key.shape[2] - query.shape[2]
    own = torch.arange(first, key.shape[2], device=key.device).unsqueeze(-1) // block
    number = torch.arange(held.shape[-1], device=key.device)
    always = (number <= own) & (number > own - local)
    chosen = best(best_of_block.masked_fill(always, torch.inf), count, held)
    tokens = chosen.repeat_interleave(block, dim=-1)[..., : key.shape[2]] & allowed
    return Dense(tokens.repeat_interleave(heads // query.shape[1], dim=1))


def _cut(states: Tensor, block: int, nothing: float) -> Tensor:
    """(…, Tk) as (…, blocks, block)."""
    number = -(-states.shape[-1] // block)
    return F.pad(states, (0, -states.shape[-1] % block), value=nothing).unflatten(
        -1, (number, block)
    )
