"""Attention free transformer: keys and places weigh the values, no query takes part
(Zhai et al., 2021).

output_t = σ(q_t) ⊙ Σ_j e^(k_j + w_tj) ⊙ v_j / Σ_j e^(k_j + w_tj)

Each channel is averaged by itself, so a head is just a group of channels. AFT-full learns every
w_tj, the `bias`; AFT-local only those near the diagonal (`local_bias`). AFT-simple has w = 0, so
that its causal form is a running average and needs no cache: those are `recurrent`, `parallel` and
`chunked` here, RWKV's with nothing fading and no bonus.
"""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.attended import Weighed
from attnlib.checks import check_at_least, checked
from attnlib.linear import rwkv
from attnlib.linear._effective_weights import weighs_each_channel
from attnlib.linear._inputs import share_heads
from attnlib.linear.rwkv import Average
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay
from attnlib.precision import at_least_float32


@weighs_each_channel
@checked
def full(
    query: Float[Tensor, "B Hq Tq D"],
    key: Float[Tensor, "B Hk Tk D"],
    value: Float[Tensor, "B Hv Tk D"],
    *,
    bias: Float[Tensor, "#B #H #Tq #Tk"],
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Weighed:
    """AFT-full: a softmax over the keys for each channel, pair by pair; memory T² · D.

    The paper's e^w·(e^K ⊙ V) needs T · D, but underflows to 0/0 where all near keys are far below
    the largest. A query with no key to see, by the mask or a bias of −∞, gets 0. `weights` are
    (B, H, Tq, Tk, D), before the factor σ(q).

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    q, k, v = share_heads(query=query, key=key, value=value)
    if bias.shape[1] not in (1, q.shape[1]):
        raise ValueError(f"bias has {bias.shape[1]} heads, but query has {q.shape[1]}")
    w = at_least_float32(bias).expand(-1, -1, q.shape[2], k.shape[2])
    allowed = w.isneginf().logical_not()
    rule = as_mask(mask)
    if rule is not None:
        allowed = allowed & lay(rule, q, k)
    q, k, v = blank_unseen(q, allowed.mT), blank_unseen(k, allowed), blank_unseen(v, allowed)
    weigh = partial(_weights, k, w, allowed)
    output = q.sigmoid() * (weigh() * v.unsqueeze(2)).sum(dim=3)
    return Weighed(output.to(value.dtype), weigh)


@checked
def local_bias(bias: Float[Tensor, "*BH Tq Tk"], width: int) -> Float[Tensor, "*BH Tq Tk"]:
    """AFT-local: w_tj where |t − j| < width, else 0. Far keys still count.

    Raises ValueError when `width` is negative.
    """
    check_at_least(0, "width", width)
    return bias.tril(width - 1).triu(1 - width) if width else torch.zeros_like(bias)


@weighs_each_channel
@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    *,
    state: Average | None = None,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """AFT-simple, causal, token by token.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    return rwkv.recurrent(query, key, value, *_nothing(key), state=state)


@weighs_each_channel
@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    *,
    state: Average | None = None,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """AFT-simple, all pairs at once; memory T² · D."""
    return rwkv.parallel(query, key, value, *_nothing(key), state=state)


@weighs_each_channel
@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    *,
    state: Average | None = None,
    chunk: int = 16,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """AFT-simple, parallel inside a chunk."""
    return rwkv.chunked(query, key, value, *_nothing(key), state=state, chunk=chunk)


def _weights(key: Tensor, bias: Tensor, allowed: Tensor) -> Float[Tensor, "B H Tq Tk D"]:
    hidden = ~allowed.unsqueeze(-1)
    logits = key.unsqueeze(2) + bias.unsqueeze(-1)
    logits = logits.masked_fill(hidden, -torch.inf)
    logits = logits.masked_fill(hidden.all(dim=3, keepdim=True), 0)
    return logits.softmax(dim=3).masked_fill(hidden, 0)


def _nothing(key: Float[Tensor, "B Hk T D"]) -> tuple[Tensor, Tensor]:
    """A rate and a bonus of 0."""
    nothing = key.new_zeros(key.shape[1], key.shape[3])
    return nothing, nothing
