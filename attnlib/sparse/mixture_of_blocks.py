"""Mixture of block attention: each query is routed to a few blocks of keys (Lu et al., 2025)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.checks import check_at_least, checked
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay
from attnlib.precision import at_least_float32
from attnlib.scores import dot
from attnlib.sparse._best import best


def mixture_of_block_attention(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    block: int,
    count: int,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Attended:
    """softmax(q·K[I]ᵀ/√D) · V[I], causal, over the tokens I of the blocks routed to (equation 2).

    The `.mask` of what it returns is the selection. `count` of all blocks is causal attention, a
    `count` of 1 each block by itself. No parameters are added.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    selection = select(query, key, block=block, count=count, mask=mask)
    return attention(query, key, value, mask=selection)


@checked
def select(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    *,
    block: int,
    count: int,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Dense:
    """The tokens up to the query's own, in the `count` blocks of `block` tokens with the highest

        s_i = q · mean(keys of block i)                                     (equations 5 and 6)

    The query's own block is always one of the `count`; of the others only those can be chosen of
    which the query may see every token, since the mean of a block tells of all: that are wholly
    past and, with a further `mask`, not partly hidden. Tokens that it hides from all queries count
    for nothing, so that padding changes no choice.
    """
    check_at_least(1, "block", block)
    lengths = query.shape[2], key.shape[2]
    allowed = lay(Causal() if mask is None else Causal() & as_mask(mask), query, key)
    there = blank_unseen(torch.ones_like(key[..., :1], dtype=torch.bool), allowed).mT
    means = _cut(at_least_float32(blank_unseen(key, allowed)).mT, block).sum(dim=-1)
    means = means / _cut(there, block).sum(dim=-1).clamp(min=1)  # (B, G, D, blocks)
    affinity = dot(query, repeat_heads(means.mT, query.shape[1]))  # (B, H, Tq, blocks)

    places = torch.arange(lengths[0], device=key.device) + lengths[1] - lengths[0]
    own = torch.arange(means.shape[-1], device=key.device) == (places // block).unsqueeze(-1)
    there = there.repeat_interleave(query.shape[1] // key.shape[1], dim=1)  # (B, H, 1, Tk)
    whole = _cut(allowed | ~there, block).all(dim=-1) & _cut(allowed & there, block).any(dim=-1)
    routed = best(affinity.masked_fill(own, torch.inf), count, whole | own)
    tokens = routed.repeat_interleave(block, dim=-1)[..., : lengths[1]]
    return Dense(tokens & allowed)


def _cut(states: Tensor, block: int) -> Tensor:
    """(…, Tk) as (…, blocks, block); what the last block lacks is 0 or False."""
    return F.pad(states, (0, -states.shape[-1] % block)).unflatten(-1, (-1, block))
