"""The delta rule with all three vectors free: read with one, write along another, ask with a third.

S' = Diag(α_t) S_{t−1},   S_t = S' + k_t (v_t − S'ᵀ r_t)ᵀ,   output_t = S_tᵀ q_t

DeltaNet, Gated DeltaNet and Kimi delta attention are this with r = βk and βv for v; Comba, Gated
DeltaNet-2 and DeltaProduct are others. The `read` r_t asks the memory after it has faded.

Inside a chunk the corrections U obey one triangular system, which replaces the loop:
(I + A) U = V − (R ⊙ e^G) S,   A_ij = Σ_d r_id k_jd exp(G_id − G_jd) for j < i.

All come as `one_sequence` gives them, (B, H, T, D), the log decay also (B, H, T, 1).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.linear._chunks import (
    decayed_scores,
    from_chunks,
    from_start,
    into_chunks,
    pairwise_scores,
    to_end,
)
from attnlib.precision import no_autocast

Result = tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]


def recurrent(
    query: Tensor, key: Tensor, value: Tensor, read: Tensor, log_decay: Tensor, *, state: Tensor
) -> Result:
    """Forget, look up, correct: token by token."""
    outputs = []
    sequences = (query, key, value, read, log_decay)
    with no_autocast(state):
        for q, k, v, r, g in zip(*(x.unbind(2) for x in sequences), strict=True):
            state = g.exp().unsqueeze(-1) * state
            stored = (r.unsqueeze(-2) @ state).squeeze(-2)
            state = state + k.unsqueeze(-1) * (v - stored).unsqueeze(-2)
            outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2), state


def parallel(
    query: Tensor, key: Tensor, value: Tensor, read: Tensor, log_decay: Tensor, *, state: Tensor
) -> Result:
    """The triangular system over the whole sequence: time T³, memory T² · D."""
    with no_autocast(state):
        kept = from_start(log_decay)
        among = pairwise_scores(read, key, log_decay).tril(-1)
        system = torch.eye(query.shape[2]).to(query) + among
        corrections = torch.linalg.solve(system, value - (read * kept) @ state)
        output = pairwise_scores(query, key, log_decay) @ corrections + (query * kept) @ state
        return output, kept[..., -1:, :].mT * state + (key * to_end(log_decay)).mT @ corrections


def chunked(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    read: Tensor,
    log_decay: Tensor,
    *,
    state: Tensor,
    chunk: int,
) -> Result:
    """A triangular system per chunk, the recurrence from chunk to chunk.

    The system is solved for V and for R ⊙ e^G at once, before any state is known.
    """
    length = query.shape[2]
    q, k, v, r, g = (into_chunks(x, chunk) for x in (query, key, value, read, log_decay))
    with no_autocast(state):
        kept = from_start(g)  # (B, H, N, C, D)
        among, scores = decayed_scores(torch.stack((r, q)), k, g)
        solved = torch.linalg.solve_triangular(  # reads only what is below the diagonal
            among, torch.cat((v, r * kept), dim=-1), upper=False, unitriangular=True
        )
        v_new, r_old = solved.split((v.shape[-1], k.shape[-1]), dim=-1)
        to_carry = (v_new, r_old, (k * to_end(g)).mT, kept[..., -1:, :].mT)
        before, corrections = [], []
        for new, old, late, keep in zip(*(x.unbind(2) for x in to_carry), strict=True):
            before.append(state)
            corrections.append(new - old @ state)
            state = keep * state + late @ corrections[-1]
        inside = scores @ torch.stack(corrections, dim=2)
        output = inside + (q * kept) @ torch.stack(before, dim=2)
    return from_chunks(output, length), state
