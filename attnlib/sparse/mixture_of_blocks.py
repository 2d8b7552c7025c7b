"""Mixture of block attention: each query is routed to a few blocks of keys (Lu et al., 2025)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.checks import check_at_least, check_inputs, check_same_size, checked
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Dense
from attnlib.precision import at_least_float32
from attnlib.scores import dot
from attnlib.sparse._best import best


def block_attention(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    block: int,
    count: int,
) -> Attended:
    """softmax(q·K[I]ᵀ/√D) · V[I], causal, over the tokens I of the blocks routed to (equation 2).

    The `.mask` of what it returns is the selection. `count` of all blocks is causal attention, a
    `count` of 1 each block by itself. No parameters are added.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    return attention(query, key, value, mask=selected(query, key, block=block, count=count))


@checked
def selected(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B G Tk D"], *, block: int, count: int
) -> Dense:
    """The tokens up to the query's own, in the `count` blocks of `block` tokens with the highest

        s_i = q · mean(keys of block i)                                     (equations 5 and 6)

    The query's own block is always one of the `count`; of the others only those that are wholly
    past can be chosen, since the mean of a block tells of all its tokens.
    """
    check_inputs(query, key, key, None, 0.0)
    check_same_size(query, key)
    check_at_least(1, "block", block)
    lengths = query.shape[2], key.shape[2]
    whole = F.pad(at_least_float32(key), (0, 0, 0, -key.shape[2] % block))
    means = whole.unflatten(2, (-1, block)).mean(dim=3)
    affinity = dot(query, repeat_heads(means, query.shape[1]))  # (B, H, Tq, blocks)

    places = torch.arange(lengths[0], device=key.device) + lengths[1] - lengths[0]
    own = (places // block).unsqueeze(-1)
    blocks = torch.arange(means.shape[2], device=key.device)
    routed = best(affinity.masked_fill(blocks == own, torch.inf), count, blocks <= own)
    tokens = routed.repeat_interleave(block, dim=-1)[..., : lengths[1]]
    return Dense(tokens & Causal().dense(*lengths, device=key.device))
