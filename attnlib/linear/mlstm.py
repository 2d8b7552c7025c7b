"""mLSTM, the matrix memory of xLSTM: a gate to forget, an exponential to write (Beck et al., 2024).

C_t = f_t C_{t−1} + e^{i_t} k_t v_tᵀ,   n_t = f_t n_{t−1} + e^{i_t} k_t
output_t = C_tᵀ q_t / max(|n_tᵀ q_t|, 1)                                             (section 2.3)

`log_decay` is log f_t ≤ 0, `log_write` is i_t, any number: a token of great weight pushes all
before it into the background, as in a softmax. Both are one per head and token. The exponentials
overflow, so everything is kept divided by e^m, m the largest exponent so far, in a `Memory`. The
paper's query has the factor 1/√D, and a gate on the output belongs to the block around it.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear._chunks import chunk_by_chunk
from attnlib.linear._inputs import gate, one_sequence, start_parts
from attnlib.linear._sums import with_one
from attnlib.precision import lowest


class Memory(NamedTuple):
    """The state: C and n, n as the last column, both divided by e^log_scale.

    In float32 at least. Before the first token the scale is 0, its logarithm −∞.
    """

    sums: Float[Tensor, "B H D Dv+1"]
    log_scale: Float[Tensor, "B H"]


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    log_write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Memory | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Memory]:
    """Fade and write, both relative to the largest exponent: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay, log_write)
    sums, log_scale = _start_from(state, *sequences[1:3])
    outputs = []
    for q, k, v, g, i in zip(*(x.unbind(2) for x in sequences), strict=True):
        faded = log_scale + g.squeeze(-1)
        log_scale = torch.maximum(faded, i.squeeze(-1)).clamp(min=lowest(faded))
        kept, written = (faded - log_scale).exp(), (i.squeeze(-1) - log_scale).exp()
        sums = kept[..., None, None] * sums
        sums = sums + (written.unsqueeze(-1) * k).unsqueeze(-1) * v.unsqueeze(-2)
        outputs.append(_divide(q.unsqueeze(-2) @ sums, log_scale[..., None, None]))
    return torch.cat(outputs, dim=2).to(value.dtype), Memory(sums, log_scale)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    log_write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Memory | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Memory]:
    """All pairs: weight_ij = q_i·k_j exp(i_j + log f_{j+1} + … + log f_i − m_i); memory T²."""
    q, k, v, g, i = _sequences(query, key, value, log_decay, log_write)
    output, state = _parallel(q, k, v, g, i, state=_start_from(state, k, v))
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    log_write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Memory | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Memory]:
    """The parallel form chunk by chunk, each going on from the state of the one before."""
    sequences = _sequences(query, key, value, log_decay, log_write)
    last = _start_from(state, *sequences[1:3])
    output, last = chunk_by_chunk(_parallel, sequences, last, chunk)
    return output.to(value.dtype), last


def _parallel(
    q: Tensor, k: Tensor, v: Tensor, g: Tensor, i: Tensor, *, state: Memory
) -> tuple[Tensor, Memory]:
    length = q.shape[2]
    steps = g.mT.expand(*g.shape[:2], length, length)  # (B, H, T, T), row j: the decays
    exponents = steps.triu(1).cumsum(dim=-1).mT + i.mT  # row i: from key j to query i
    future = torch.ones(length, length, dtype=torch.bool, device=q.device).triu(1)
    exponents = exponents.masked_fill(future, -torch.inf)
    old = state.log_scale[..., None, None] + g.cumsum(dim=2)  # (B, H, T, 1)
    largest = torch.maximum(exponents.amax(dim=-1, keepdim=True), old).clamp(min=lowest(old))
    inside = (q @ k.mT * (exponents - largest).exp()) @ v
    sums = inside + (old - largest).exp() * (q @ state.sums)
    last = largest[:, :, -1:]
    written = (exponents[:, :, -1:] - last).exp().mT * k
    kept = (old[:, :, -1:] - last).exp() * state.sums
    return _divide(sums, largest), Memory(kept + written.mT @ v, last[..., 0, 0])


def _divide(
    sums: Float[Tensor, "B H T Dv+1"], log_scale: Float[Tensor, "B H T 1"]
) -> Float[Tensor, "B H T Dv"]:
    """By |n·q|, but at least by what 1 has become: e^−log_scale, or the most that is finite."""
    most = math.log(torch.finfo(sums.dtype).max)
    one = (-log_scale).clamp(max=most - 1).exp()
    return sums[..., :-1] / torch.maximum(sums[..., -1:].abs(), one)


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, log_write: Tensor
) -> tuple[Tensor, ...]:
    q, k, v, g, i = one_sequence(
        query=query,
        key=key,
        value=value,
        log_decay=gate("log_decay", log_decay, key),
        log_write=gate("log_write", log_write, key),
    )
    return q, k, with_one(v), g, i


def _start_from(state: Memory | None, key: Tensor, value: Tensor) -> Memory:
    heads = key.shape[:2]
    shapes = (*heads, key.shape[3], value.shape[3]), heads
    return start_parts(Memory, state, key, *shapes, log_scale=-torch.inf)
