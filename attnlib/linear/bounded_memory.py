"""Attention with bounded-memory control: softmax over M weighted means (Peng et al., 2022).

K_t = Σ_{j ≤ t} a_tj k_j,   V_t = Σ_{j ≤ t} a_tj v_j,   a_tj = softmax_{j ≤ t}(c_j), per slot
output_t = V_tᵀ softmax(K_tᵀ q_t)

Every token says by its `control` c (B, H, T, M), any numbers, how much it belongs into each of M
slots; a slot is the mean of all tokens so far, so weighted. A query attends to the M slots and not
to the T tokens. As a recurrence it is `gated_slots` with another gate: the old means keep the
share of their weight in the new total, whose logarithm is in the state. Scale the query where a
model wants it.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import _slots
from attnlib.linear._chunks import chunk_by_chunk
from attnlib.linear._inputs import one_sequence, start_parts


class Means(NamedTuple):
    """The state: the mean key and value of each slot, and the logarithm of its total weight."""

    keys: Float[Tensor, "B H D M"]
    values: Float[Tensor, "B H M Dv"]
    log_weight: Float[Tensor, "B H M"]


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    control: Float[Tensor, "B Hc T M"],
    *,
    state: Means | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Means]:
    """Move every mean towards the token, attend to the means: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, control)
    start = _start_from(state, *sequences[1:4])
    *gates, last = _gates(sequences[3], start)
    output, slots = _slots.recurrent(*sequences[:3], *gates, state=start[:2])
    return output.to(value.dtype), Means(*slots, last)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    control: Float[Tensor, "B Hc T M"],
    *,
    state: Means | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Means]:
    """The scores of all slots at once, then the masked quadratic form; memory T² · M."""
    sequences = _sequences(query, key, value, control)
    output, last = _parallel(*sequences, state=_start_from(state, *sequences[1:4]))
    return output.to(value.dtype), last


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    control: Float[Tensor, "B Hc T M"],
    *,
    state: Means | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Means]:
    """The parallel form chunk by chunk, each going on from the means of the one before."""
    sequences = _sequences(query, key, value, control)
    last = _start_from(state, *sequences[1:4])
    output, last = chunk_by_chunk(_parallel, sequences, last, chunk)
    return output.to(value.dtype), last


def _parallel(*sequences: Tensor, state: Means) -> tuple[Tensor, Means]:
    q, k, v, control = sequences
    write, log_decay, last = _gates(control, state)
    output, slots = _slots.parallel(q, k, v, write, log_decay, state=state[:2])
    return output, Means(*slots, last)


def _gates(control: Float[Tensor, "B H T M"], state: Means) -> tuple[Tensor, Tensor, Tensor]:
    """The share of each token in its slots, the log share of what was there, the last log total."""
    before = state.log_weight.unsqueeze(2)
    total = torch.logaddexp(control.logcumsumexp(dim=2), before)
    earlier = torch.cat((before, total[:, :, :-1]), dim=2)
    return (control - total).exp(), earlier - total, total[:, :, -1]


def _sequences(query: Tensor, key: Tensor, value: Tensor, control: Tensor) -> tuple[Tensor, ...]:
    if control.shape[3] == 0:
        raise ValueError("control must have at least one slot, got 0")
    return one_sequence(query=query, key=key, value=value, control=control)


def _start_from(state: Means | None, key: Tensor, value: Tensor, control: Tensor) -> Means:
    heads, slots = key.shape[:2], control.shape[3]
    shapes = (*heads, key.shape[3], slots), (*heads, slots, value.shape[3]), (*heads, slots)
    return start_parts(Means, state, key, *shapes, log_weight=-torch.inf)
