"""Kimi delta attention: the delta rule with a gate for every channel (Kimi Team, 2025).

S' = Diag(α_t) S_{t−1},   S_t = S' + β_t k_t (v_t − S'ᵀk_t)ᵀ,   output_t = S_tᵀ q_t     (section 3)

Forget a little, look up what is stored under k_t, and write the correction: not the value, but its
difference from what is there already. `log_decay` is log α_t ≤ 0, (B, H, T, D), or (B, H, T) for
one per head; `write` is β_t, from 0 (leave) over 1 (replace) to 2 (reflect). Keys should have
length 1 (F.normalize): with β‖k‖² above 2 the state grows without bound.

Inside a chunk the corrections U obey one triangular system, which replaces the loop:
(I + Diag(β) A) U = Diag(β) (V − (K ⊙ e^G) S),   A_ij = Σ_d k_id k_jd exp(G_id − G_jd) for j < i.
"""

import torch
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


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Forget, look up, correct: token by token.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit,
    or a gate leaves its range.
    """
    sequences = _sequences(query, key, value, log_decay, write)
    state = start_from(state, *sequences[1:3])
    outputs = []
    for q, k, v, g, beta in zip(*(x.unbind(2) for x in sequences), strict=True):
        state = g.exp().unsqueeze(-1) * state
        stored = (k.unsqueeze(-2) @ state).squeeze(-2)
        state = state + k.unsqueeze(-1) * (beta * (v - stored)).unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """The triangular system over the whole sequence: time T³, memory T² · D."""
    q, k, v, g, beta = _sequences(query, key, value, log_decay, write)
    state = start_from(state, k, v)
    system = torch.eye(query.shape[2]).to(q) + (beta * pairwise_scores(k, k, g)).tril(-1)
    wanted = beta * (v - (k * from_start(g)) @ state)
    corrections = torch.linalg.solve(system, wanted)
    output = pairwise_scores(q, k, g) @ corrections + (q * from_start(g)) @ state
    state = from_start(g)[..., -1:, :].mT * state + (k * to_end(g)).mT @ corrections
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk, the recurrence from chunk to chunk.

    The system is solved for V and for K ⊙ e^G at once, before any state is known.
    """
    check_chunk(chunk)
    sequences = _sequences(query, key, value, log_decay, write)
    state = start_from(state, *sequences[1:3])
    q, k, v, g, beta = (into_chunks(x, chunk) for x in sequences)
    kept = from_start(g)  # (B, H, N, C, D)
    among_keys, scores = decayed_scores(torch.stack((k, q)), k, g)
    solved = torch.linalg.solve_triangular(  # reads only what is below the diagonal
        beta * among_keys,
        beta * torch.cat((v, k * kept), dim=-1),
        upper=False,
        unitriangular=True,
    )
    v_new, k_old = solved.split((v.shape[-1], k.shape[-1]), dim=-1)
    to_carry = (v_new, k_old, (k * to_end(g)).mT, kept[..., -1:, :].mT)
    before, corrections = [], []
    for new, old, late, keep in zip(*(x.unbind(2) for x in to_carry), strict=True):
        before.append(state)
        corrections.append(new - old @ state)
        state = keep * state + late @ corrections[-1]
    inside = scores @ torch.stack(corrections, dim=2)
    output = inside + (q * kept) @ torch.stack(before, dim=2)
    return from_chunks(output, query.shape[2]).to(value.dtype), state


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, write: Tensor
) -> tuple[Tensor, ...]:
    log_decay = gate("log_decay", log_decay, key, per_channel=True)
    write = gate("write", write, key)
    return one_sequence(query=query, key=key, value=value, log_decay=log_decay, write=write)
