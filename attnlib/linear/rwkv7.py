"""RWKV-7 (Goose): the delta rule with a removal key and a rate of its own (Peng et al., 2025).

S_t = (Diag(α_t) − (a_t ⊙ κ_t) κ_tᵀ) S_{t−1} + k_t v_tᵀ,   output_t = S_tᵀ q_t      (section 3)

`query` is the receptance; `key` is written, the removal key κ, of length 1, says what is taken out.
`log_decay` is log α_t ≤ 0 and `write` is a_t, the in-context learning rate, from 0 to 2, each one
per channel of the key: α and a are vectors, and κ asks the state before it fades. With κ = k,
a = β and β written in front of v it is Kimi delta attention whose read does not fade. Paper and
code write κ as a of length 1 and b = −κ ⊙ a: a transition that is diagonal plus low rank.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear._chunks import (
    check_chunk,
    decayed_scores,
    from_chunks,
    from_start,
    into_chunks,
    pairwise_scores,
    to_end,
)
from attnlib.linear._inputs import gate, one_sequence, start_from
from attnlib.precision import no_autocast


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    removal: Float[Tensor, "B Hr T D"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Look up, forget, take out, write: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, removal, log_decay, write)
    state = start_from(state, *sequences[1:3])
    outputs = []
    with no_autocast(state):
        for q, k, v, kappa, g, b in zip(*(x.unbind(2) for x in sequences), strict=True):
            stored = kappa.unsqueeze(-2) @ state
            state = g.exp().unsqueeze(-1) * state + b.unsqueeze(-1) * stored
            state = state + k.unsqueeze(-1) * v.unsqueeze(-2)
            outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    removal: Float[Tensor, "B Hr T D"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """One triangular system for all that was looked up: time T³, memory T² · D."""
    q, k, v, kappa, g, b = _sequences(query, key, value, removal, log_decay, write)
    state = start_from(state, k, v)
    with no_autocast(state):
        asking = _next(kappa)
        system = torch.eye(query.shape[2]).to(q) - _later(pairwise_scores(asking, b, g), 0.0)
        known = _later(pairwise_scores(asking, k, g), 0.0) @ v
        stored = torch.linalg.solve(system, known + (kappa * _later(from_start(g), 1.0)) @ state)
        output = pairwise_scores(q, k, g) @ v + pairwise_scores(q, b, g) @ stored
        output = output + (q * from_start(g)) @ state
        added = (k * to_end(g)).mT @ v + (b * to_end(g)).mT @ stored
        last = from_start(g)[..., -1:, :].mT * state + added
    return output.to(value.dtype), last


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    removal: Float[Tensor, "B Hr T D"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk of a power of two, the recurrence from chunk to chunk."""
    check_chunk(chunk)
    sequences = _sequences(query, key, value, removal, log_decay, write)
    state = start_from(state, *sequences[1:3])
    q, k, v, kappa, g, b = (into_chunks(x, chunk) for x in sequences)
    with no_autocast(state):
        kept = from_start(g)  # (B, H, N, C, D)
        asking = torch.stack((q, _next(kappa)))
        (from_keys, stored_keys), (from_stored, among) = (
            decayed_scores(asking, x, g) for x in (k, b)
        )
        solved = torch.linalg.solve_triangular(  # reads only what is below the diagonal
            -_later(among, 0.0),
            torch.cat((_later(stored_keys, 0.0) @ v, kappa * _later(kept, 1.0)), dim=-1),
            upper=False,
            unitriangular=True,
        )
        new, old = solved.split((v.shape[-1], k.shape[-1]), dim=-1)
        to_carry = (new, old, (k * to_end(g)).mT @ v, (b * to_end(g)).mT, kept[..., -1:, :].mT)
        before, found = [], []
        for fresh, carried, added, late, keep in zip(*(x.unbind(2) for x in to_carry), strict=True):
            before.append(state)
            found.append(fresh + carried @ state)
            state = keep * state + added + late @ found[-1]
        inside = from_keys @ v + from_stored @ torch.stack(found, dim=2)
        output = inside + (q * kept) @ torch.stack(before, dim=2)
    return from_chunks(output, query.shape[2]).to(value.dtype), state


def _next(states: Float[Tensor, "*N T D"]) -> Float[Tensor, "*N T D"]:
    """At each token what the next one asks: it meets the state that this token leaves."""
    return F.pad(states[..., 1:, :], (0, 0, 0, 1))


def _later(rows: Float[Tensor, "*N T M"], first: float) -> Float[Tensor, "*N T M"]:
    """Each row at the next token; `first` where no token of this stretch came before."""
    return F.pad(rows[..., :-1, :], (0, 0, 1, 0), value=first)


def _sequences(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    removal: Tensor,
    log_decay: Tensor,
    write: Tensor,
) -> tuple[Tensor, ...]:
    """Query, key, value, removal key, log decay and −a ⊙ κ, all of equal heads."""
    q, k, v, kappa, g, a = one_sequence(
        query=query,
        key=key,
        value=value,
        removal=removal,
        log_decay=gate("log_decay", log_decay, key, per_channel=True),
        write=gate("write", write, key, per_channel=True),
    )
    return q, k, v, kappa, g, -a * kappa
