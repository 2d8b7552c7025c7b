"""Attention free transformer: keys and places weigh the values, no query takes part
(Zhai et al., 2021).

output_t = σ(q_t) ⊙ Σ_j e^(k_j + w_tj) ⊙ v_j / Σ_j e^(k_j + w_tj)

Each channel is averaged by itself, so a head is just a group of channels. AFT-full learns every
w_tj; AFT-local only those near the diagonal (`local_bias`); AFT-simple has w = 0, so that its
causal form is a running average and needs no cache.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, check_inputs, checked
from attnlib.linear import rwkv
from attnlib.linear._chunks import check_sequence
from attnlib.linear.rwkv import Average
from attnlib.masks import Causal
from attnlib.precision import at_least_float32


@checked
def full(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
    value: Float[Tensor, "B H Tk D"],
    bias: Float[Tensor, "#B #H #Tq #Tk"],
    *,
    causal: bool = False,
) -> Float[Tensor, "B H Tq D"]:
    """AFT-full: a softmax over the keys for each channel, pair by pair; memory T² · D.

    The paper's e^w·(e^K ⊙ V) needs T · D, but underflows to 0/0 where all near keys are far below
    the largest. `causal` aligns the last query with the last key; a query with no key gets 0.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_inputs(query, key, value, bias, 0.0)
    if not query.shape[3] == key.shape[3] == value.shape[3] or query.shape[1] != key.shape[1]:
        raise ValueError(
            "query, key and value must have equal heads and channels, got "
            f"{tuple(query.shape)}, {tuple(key.shape)} and {tuple(value.shape)}"
        )
    q, k, v, w = (at_least_float32(x) for x in (query, key, value, bias))
    logits = k.unsqueeze(2) + w.unsqueeze(-1)  # (B, H, Tq, Tk, D)
    allowed = Causal().dense(query.shape[2], key.shape[2], device=query.device)
    allowed = (allowed if causal else torch.ones_like(allowed)).unsqueeze(-1)
    nothing = ~allowed.any(dim=3, keepdim=True)
    logits = logits.masked_fill(~allowed, -torch.inf).masked_fill(nothing, 0)
    weights = logits.softmax(dim=3).masked_fill(~allowed, 0)
    return (q.sigmoid() * (weights * v.unsqueeze(2)).sum(dim=3)).to(value.dtype)


@checked
def local_bias(bias: Float[Tensor, "*BH Tq Tk"], width: int) -> Float[Tensor, "*BH Tq Tk"]:
    """AFT-local: w_tj where |t − j| < width, else 0. Far keys still count.

    Raises ValueError when `width` is negative.
    """
    check_at_least(0, "width", width)
    return bias.tril(width - 1).triu(1 - width) if width else torch.zeros_like(bias)


def simple(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T D"],
    *,
    state: Average | None = None,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """AFT-simple, causal, token by token: RWKV's average with nothing fading and no bonus.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_sequence(query, key, value)
    nothing = key.new_zeros(key.shape[1], key.shape[3])
    return rwkv.recurrent(query, key, value, nothing, nothing, state=state)
