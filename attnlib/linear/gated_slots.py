"""Gated slot attention: softmax over M slots that fade as they are written (Zhang et al., 2024).

K_t = K_{t−1} Diag(α_t) + k_t (1 − α_t)ᵀ,   V_t = Diag(α_t) V_{t−1} + (1 − α_t) v_tᵀ
output_t = V_tᵀ softmax(K_tᵀ q_t)

The memory is a small cache: M keys and M values, each slot a moving average of what the token wrote
into it. `log_decay` is log α_t ≤ 0, one per slot (B, H, T, M): what a slot forgets it takes in
anew. It is two gated linear attentions with a softmax between them. Scale the query where a model
wants it.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import _slots
from attnlib.linear._chunks import chunk_by_chunk
from attnlib.linear._inputs import gate, one_sequence, start_parts


class Slots(NamedTuple):
    """The state: a key and a value per slot."""

    keys: Float[Tensor, "B H D M"]
    values: Float[Tensor, "B H M Dv"]


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T M"],
    *,
    state: Slots | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Slots]:
    """Fade, write, attend to the slots: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay)
    output, last = _slots.recurrent(*sequences, state=_start_from(state, *sequences[1:4]))
    return output.to(value.dtype), Slots(*last)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T M"],
    *,
    state: Slots | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Slots]:
    """The scores of all slots at once, then the masked quadratic form; memory T² · M."""
    sequences = _sequences(query, key, value, log_decay)
    output, last = _parallel(*sequences, state=_start_from(state, *sequences[1:4]))
    return output.to(value.dtype), last


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T M"],
    *,
    state: Slots | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Slots]:
    """The parallel form chunk by chunk, each going on from the slots of the one before."""
    sequences = _sequences(query, key, value, log_decay)
    last = _start_from(state, *sequences[1:4])
    output, last = chunk_by_chunk(_parallel, sequences, last, chunk)
    return output.to(value.dtype), last


def _parallel(*sequences: Tensor, state: Slots) -> tuple[Tensor, Slots]:
    q, k, v, s, g = sequences
    output, last = _slots.parallel(q, k, v, s, g, state=state)
    return output, Slots(*last)


def _sequences(query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor) -> tuple[Tensor, ...]:
    """Query, key, value, what is written into each slot, and its log decay."""
    if log_decay.shape[3] == 0:
        raise ValueError("log_decay must have at least one slot, got 0")
    laid = gate("log_decay", log_decay, log_decay, per_channel=True)
    q, k, v, g = one_sequence(query=query, key=key, value=value, log_decay=laid)
    return q, k, v, -torch.expm1(g), g


def _start_from(state: Slots | None, key: Tensor, value: Tensor, write: Tensor) -> Slots:
    heads, slots = key.shape[:2], write.shape[3]
    shapes = (*heads, key.shape[3], slots), (*heads, slots, value.shape[3])
    return start_parts(Slots, state, key, *shapes)
