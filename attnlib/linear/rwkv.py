"""RWKV's time mixing: a moving average whose keys say how heavy a value is (Peng et al., 2023).

wkv_t = (Σ_{i<t} e^(k_i − (t−1−i)w) v_i + e^(k_t + u) v_t) / (the same without v),
output_t = σ(r_t) ⊙ wkv_t                                                    (version 4)

`query` is the receptance r. Weights are no products q·k: every channel has its own, fading by e^−w
a token (`decay` w > 0, (H, D)), the newest token lifted by the `bonus` u (H, D). The state is the
average so far with the logarithm of its total weight; a new value moves the average by
σ(its log weight − the total's). The paper carries numerator, denominator and a maximum instead.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.linear._chunks import check_gate, check_sequence
from attnlib.precision import at_least_float32


class Average(NamedTuple):
    """The weighted mean of all values so far, and the logarithm of their total weight."""

    mean: Float[Tensor, "B H D"]
    log_weight: Float[Tensor, "B H D"]


def recurrent(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T D"],
    decay: Float[Tensor, "H D"],
    bonus: Float[Tensor, "H D"],
    *,
    state: Average | None = None,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """Average in the new value, token by token.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    state, (q, k, v, w, u) = _prepare(query, key, value, decay, bonus, state)
    mean, log_weight = state
    outputs = []
    for k_t, v_t in zip(k.unbind(2), v.unbind(2), strict=True):
        outputs.append(mean.lerp(v_t, (u + k_t - log_weight).sigmoid()))
        log_weight = log_weight - w
        mean = mean.lerp(v_t, (k_t - log_weight).sigmoid())
        log_weight = torch.logaddexp(log_weight, k_t)
    output = q.sigmoid() * torch.stack(outputs, dim=2)
    return output.to(value.dtype), Average(mean, log_weight)


def parallel(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T D"],
    decay: Float[Tensor, "H D"],
    bonus: Float[Tensor, "H D"],
    *,
    state: Average | None = None,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """A softmax over the tokens for each channel; memory T² · D. The state is one token more."""
    state, (q, k, v, w, u) = _prepare(query, key, value, decay, bonus, state)
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


def chunked(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T D"],
    decay: Float[Tensor, "H D"],
    bonus: Float[Tensor, "H D"],
    *,
    state: Average | None = None,
    chunk: int = 16,
) -> tuple[Float[Tensor, "B H T D"], Average]:
    """The parallel form chunk by chunk, each going on from the state of the one before."""
    state, _ = _prepare(query, key, value, decay, bonus, state)
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    outputs = []
    parts = (x.split(chunk, dim=2) for x in (query, key, value))
    for q, k, v in zip(*parts, strict=True):
        output, state = parallel(q, k, v, decay, bonus, state=state)
        outputs.append(output)
    return torch.cat(outputs, dim=2), state


def _prepare(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    decay: Tensor,
    bonus: Tensor,
    state: Average | None,
) -> tuple[Average, list[Tensor]]:
    check_sequence(query, key, value)
    if value.shape[3] != key.shape[3]:
        raise ValueError(
            f"value has {value.shape[3]} channels, but key has {key.shape[3]}: "
            "each channel of the key weighs one of the value"
        )
    check_gate("decay", decay, (key.shape[1], key.shape[3]), query)
    check_gate("bonus", bonus, (key.shape[1], key.shape[3]), query)
    wide = [at_least_float32(x) for x in (query, key, value)]
    wide += [x.to(wide[0].dtype) for x in (decay, bonus)]
    if state is None:
        nothing = torch.zeros_like(wide[1][:, :, 0])
        return Average(nothing, torch.full_like(nothing, -torch.inf)), wide
    shape = (*key.shape[:2], key.shape[3])
    for name, part in zip(state._fields, state, strict=True):
        check_gate(f"state.{name}", part, shape, query)
    return Average(*(x.to(wide[0].dtype) for x in state)), wide
