"""RWKV-6 (Finch): gated linear attention that lifts the newest token (Peng et al., 2024).

output_t = (S_{t−1} + Diag(u) k_t v_tᵀ)ᵀ q_t,   S_t = Diag(α_t) S_{t−1} + k_t v_tᵀ

`query` is the receptance. A token reads the state from before itself, and itself through the
`bonus` u (H, D) in place of a gate, so that the present can count for more, or less, than anything
that was stored. `log_decay` is log α_t ≤ 0, made from the token, one per channel of the key (in
RWKV-5, Eagle, it is the same for all tokens). In RWKV-4 a channel was one number; here a head has a
matrix.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import gated_linear
from attnlib.linear._inputs import gate, one_sequence, start_from


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    bonus: Float[Tensor, "Hb D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Read, then forget and write: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    *sequences, u = _sequences(query, key, value, log_decay, bonus)
    state = start_from(state, *sequences[1:3])
    outputs = []
    for q, k, v, g in zip(*(x.unbind(2) for x in sequences), strict=True):
        written = k.unsqueeze(-1) * v.unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ (state + u.mT * written))
        state = g.exp().unsqueeze(-1) * state + written
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    bonus: Float[Tensor, "Hb D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """All pairs at once: weight_ij = Σ_d q_id k_jd α_(j+1)d ⋯ α_(i−1)d for j < i; memory T² · D."""
    q, k, v, g, u = _sequences(query, key, value, log_decay, bonus)
    state = start_from(state, k, v)
    after, last = gated_linear.parallel(_next(q), k, v, g, state=state)
    return _together(q, k, v, u, state, after).to(value.dtype), last


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    bonus: Float[Tensor, "Hb D"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Gated linear attention in chunks of a power of two, asked by the query after each token."""
    q, k, v, g, u = _sequences(query, key, value, log_decay, bonus)
    state = start_from(state, k, v)
    after, last = gated_linear.chunked(_next(q), k, v, g, state=state, chunk=chunk)
    return _together(q, k, v, u, state, after).to(value.dtype), last


def _next(query: Tensor) -> Float[Tensor, "B H T D"]:
    """At each token the next one's query, which reads the state that this token leaves."""
    return F.pad(query[:, :, 1:], (0, 0, 0, 1))


def _together(
    q: Tensor, k: Tensor, v: Tensor, u: Tensor, state: Tensor, after: Tensor
) -> Float[Tensor, "B H T Dv"]:
    """What was read before each token, and the token's own value with its bonus."""
    before = torch.cat((q[:, :, :1] @ state, after[:, :, :-1]), dim=2)
    return before + (q * u * k).sum(dim=-1, keepdim=True) * v


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, bonus: Tensor
) -> tuple[Tensor, ...]:
    log_decay = gate("log_decay", log_decay, key, per_channel=True)
    bonus = bonus[None, :, None]
    return one_sequence(query=query, key=key, value=value, log_decay=log_decay, bonus=bonus)
