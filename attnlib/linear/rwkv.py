"""RWKV's time mixing: a moving average whose keys say how heavy a value is (Peng et al., 2023).

wkv_t = (Σ_{i<t} e^(k_i − (t−1−i)w) v_i + e^(k_t + u) v_t) / (the same without v),
output_t = σ(r_t) ⊙ wkv_t                                                    (version 4)

`query` is the receptance r. Weights are no products q·k: every channel has its own, fading by e^−w
per token (the `rate` w ≥ 0, (H, D)), the newest token lifted by the `bonus` u (H, D). The state is
an `Average`: the mean so far with the logarithm of its total weight; a new value moves the mean by
σ(its log weight − the total's). The paper carries numerator, denominator and a maximum instead.
"""

from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear._chunks import chunk_by_chunk
from attnlib.linear._effective_weights import weighs_each_channel
from attnlib.linear._inputs import check_range, one_sequence, start_parts


class Average(NamedTuple):
    """The state: the weighted mean of all values so far, and the logarithm of their total weight.

    In float32 at least. Before the first token the weight is 0, its logarithm −∞.
    """

    mean: Float[Tensor, "B H D"]
    log_weight: Float[Tensor, "B H D"]


@weighs_each_channel
@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    rate: Float[Tensor, "Hg D"],
    bonus: Float[Tensor, "Hg D"],
    *,
    state: Average | None = None,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """Average in the new value, token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    q, k, v, w, u = _sequences(query, key, value, rate, bonus)
    mean, log_weight = _start_from(state, k)
    outputs = []
    for k_t, v_t in zip(k.unbind(2), v.unbind(2), strict=True):
        outputs.append(mean.lerp(v_t, (u + k_t - log_weight).sigmoid()))
        log_weight = log_weight - w
        mean = mean.lerp(v_t, (k_t - log_weight).sigmoid())
        log_weight = torch.logaddexp(log_weight, k_t)
    output = q.sigmoid() * torch.stack(outputs, dim=2)
    return output.to(value.dtype), Average(mean, log_weight)


@weighs_each_channel
@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    rate: Float[Tensor, "Hg D"],
    bonus: Float[Tensor, "Hg D"],
    *,
    state: Average | None = None,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """A softmax over the tokens for each channel; memory T² · D. The state is one token more."""
    q, k, v, w, u = _sequences(query, key, value, rate, bonus)
    state = _start_from(state, k)
    length = query.shape[2]
    place = torch.arange(length + 1, device=query.device)
    age = (place[:, None] - 1 - place[:-1]).unsqueeze(-1)  # (T + 1, T, 1): last row for the state
    faded = k.unsqueeze(2) - age * w[:, None, None]
    faded = faded.masked_fill(age < 0, -torch.inf)  # (B, H, T + 1, T, D)
    newest = torch.eye(length + 1, length, dtype=torch.bool, device=query.device).unsqueeze(-1)
    logits = torch.where(newest, (k + u.unsqueeze(1)).unsqueeze(2), faded)

    old = state.log_weight.unsqueeze(2) - place.unsqueeze(-1) * w.unsqueeze(1)  # (B, H, T + 1, D)
    logits = torch.cat((old.unsqueeze(3), logits), dim=3)
    values = torch.cat((state.mean.unsqueeze(2), v), dim=2)
    means = (logits.softmax(dim=3) * values.unsqueeze(2)).sum(dim=3)
    last = Average(means[:, :, -1], logits[:, :, -1].logsumexp(dim=2))
    return (q.sigmoid() * means[:, :, :-1]).to(value.dtype), last


@weighs_each_channel
@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    rate: Float[Tensor, "Hg D"],
    bonus: Float[Tensor, "Hg D"],
    *,
    state: Average | None = None,
    chunk: int = 16,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """The parallel form chunk by chunk, each going on from the state of the one before."""
    *sequences, w, u = _sequences(query, key, value, rate, bonus)
    last = _start_from(state, sequences[1])
    form = partial(parallel, rate=w, bonus=u)
    output, last = chunk_by_chunk(form, sequences, last, chunk)
    return output.to(value.dtype), last


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, rate: Tensor, bonus: Tensor
) -> tuple[Tensor, ...]:
    """Query, key, value, rate and bonus, the last two (H, D) again."""
    check_range("rate", rate)
    q, k, v, w, u = one_sequence(
        query=query,
        key=key,
        value=value,
        rate=rate[None, :, None],
        bonus=bonus[None, :, None],
    )
    return q, k, v, w.flatten(0, 2), u.flatten(0, 2)


def _start_from(state: Average | None, key: Tensor) -> Average:
    shape = (*key.shape[:2], key.shape[3])
    return start_parts(Average, state, key, shape, shape, log_weight=-torch.inf)
