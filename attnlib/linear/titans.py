"""Titans' memory, linear: a delta rule whose corrections have momentum (Behrouz et al., 2025).

M_t = η_t M_{t−1} + θ_t k_t (v_t − S_{t−1}ᵀ k_t)ᵀ,   S_t = α_t S_{t−1} + M_t,   output_t = S_tᵀ q_t

The memory S learns at test time to give v for k; what surprises it now goes on to change it for
some tokens, by η_t: gradient descent with momentum and weight decay, where DeltaNet has neither.
`log_decay` is log α_t ≤ 0 (the paper's 1 − α), `log_momentum` log η_t ≤ 0, `write` θ_t from 0 to 2,
all one per head and token. With η = 0 it is a gated delta rule whose read does not fade. The
paper's memory may have several layers; with one it is this, also called the momentum delta rule.
Keys should have length 1 (F.normalize).
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear._chunks import chunk_by_chunk
from attnlib.linear._inputs import gate, one_sequence, start_parts
from attnlib.precision import no_autocast


class Moving(NamedTuple):
    """The state: the memory S, and the momentum M with which it changes."""

    memory: Float[Tensor, "B H D Dv"]
    momentum: Float[Tensor, "B H D Dv"]


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    log_momentum: Float[Tensor, "B Hm T"] | Float[Tensor, "B Hm T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Moving | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Moving]:
    """Look up, correct with momentum, forget: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay, log_momentum, write)
    memory, momentum = _start_from(state, *sequences[1:3])
    outputs = []
    with no_autocast(memory):
        for q, k, v, g, m, theta in zip(*(x.unbind(2) for x in sequences), strict=True):
            surprise = v - (k.unsqueeze(-2) @ memory).squeeze(-2)
            momentum = m.exp().unsqueeze(-1) * momentum
            momentum = momentum + k.unsqueeze(-1) * (theta * surprise).unsqueeze(-2)
            memory = g.exp().unsqueeze(-1) * memory + momentum
            outputs.append(q.unsqueeze(-2) @ memory)
    return torch.cat(outputs, dim=2).to(value.dtype), Moving(memory, momentum)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    log_momentum: Float[Tensor, "B Hm T"] | Float[Tensor, "B Hm T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Moving | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Moving]:
    """One triangular system for all corrections: time T³, memory T²."""
    sequences = _sequences(query, key, value, log_decay, log_momentum, write)
    last = _start_from(state, *sequences[1:3])
    with no_autocast(last.memory):
        output, last = _parallel(*sequences, state=last)
    return output.to(value.dtype), last


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    log_momentum: Float[Tensor, "B Hm T"] | Float[Tensor, "B Hm T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Moving | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Moving]:
    """The parallel form chunk by chunk, each going on from the state of the one before."""
    sequences = _sequences(query, key, value, log_decay, log_momentum, write)
    last = _start_from(state, *sequences[1:3])
    with no_autocast(last.memory):
        output, last = chunk_by_chunk(_parallel, sequences, last, chunk)
    return output.to(value.dtype), last


def _parallel(
    q: Tensor, k: Tensor, v: Tensor, g: Tensor, m: Tensor, theta: Tensor, *, state: Moving
) -> tuple[Tensor, Moving]:
    shares, momentum = _shares(g.exp(), m.exp())
    start = torch.eye(1, shares.shape[-1]).to(q).expand(*q.shape[:2], 1, -1)  # all of the first S
    before = torch.cat((start, shares[:, :, :-1]), dim=2)  # what a token reads: one earlier
    of_state, of_momentum, of_tokens = before.split((1, 1, q.shape[2]), dim=-1)
    memory, moving = state
    known = of_state * (k @ memory) + of_momentum * (k @ moving)
    system = torch.eye(q.shape[2]).to(q) + theta * (k @ k.mT * of_tokens)
    corrections = torch.linalg.solve(system, theta * (v - known))
    of_state, of_momentum, of_tokens = shares.split((1, 1, q.shape[2]), dim=-1)
    output = (q @ k.mT * of_tokens) @ corrections
    output = output + of_state * (q @ memory) + of_momentum * (q @ moving)

    def last(rows: Tensor) -> Tensor:
        kept, moved, late = rows[:, :, -1:].split((1, 1, q.shape[2]), dim=-1)
        return kept * memory + moved * moving + (k * late.mT).mT @ corrections

    return output, Moving(last(shares), last(momentum))


def _shares(
    decay: Float[Tensor, "B H T 1"], momentum: Float[Tensor, "B H T 1"]
) -> tuple[Float[Tensor, "B H T 2+T"], Float[Tensor, "B H T 2+T"]]:
    """How much of the first S, the first M and each correction is in S_t, and in M_t."""
    length = decay.shape[2]
    start = torch.eye(2, 2 + length).to(decay)
    in_memory, in_momentum = (row.expand(*decay.shape[:2], -1) for row in start)
    new = torch.eye(length, 2 + length).to(decay).roll(2, dims=-1)
    rows, moving = [], []
    for alpha, eta, one in zip(decay.unbind(2), momentum.unbind(2), new, strict=True):
        in_momentum = eta * in_momentum + one
        in_memory = alpha * in_memory + in_momentum
        rows.append(in_memory)
        moving.append(in_momentum)
    return torch.stack(rows, dim=2), torch.stack(moving, dim=2)


def _sequences(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    log_decay: Tensor,
    log_momentum: Tensor,
    write: Tensor,
) -> tuple[Tensor, ...]:
    return one_sequence(
        query=query,
        key=key,
        value=value,
        log_decay=gate("log_decay", log_decay, key),
        log_momentum=gate("log_momentum", log_momentum, key),
        write=gate("write", write, key),
    )


def _start_from(state: Moving | None, key: Tensor, value: Tensor) -> Moving:
    shape = (*key.shape[:2], key.shape[3], value.shape[3])
    return start_parts(Moving, state, key, shape, shape)
