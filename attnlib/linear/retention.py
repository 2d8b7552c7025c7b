"""Retention: linear attention that forgets at a fixed pace, γ per token (Sun et al., 2023).

S_n = γ S_{n−1} + k_n v_nᵀ,   output_n = S_nᵀ q_n                              (equation 6)

Each head has its own `decay` γ in (0, 1]: slow heads remember, fast heads look nearby. The paper's
rotation e^{inθ} is a rotary position embedding: rotate query and key before calling. Its group norm
comes after. Lightning attention (Qin et al., 2024) is the same sum.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.linear import gated_linear
from attnlib.linear._inputs import check_range, one_sequence, start_from


def decays(heads: int) -> Float[Tensor, " H"]:
    """The paper's γ_h = 1 − 2^(−5−h) for h = 0, 1, …: 0.969, 0.984, 0.992, … (equation 8)."""
    check_at_least(1, "heads", heads)
    return 1 - torch.exp2(-5 - torch.arange(heads, dtype=torch.float32))


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    decay: Float[Tensor, " Hg"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """S ← γ S + k vᵀ, token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    *sequences, decay = _sequences(query, key, value, decay)
    state = start_from(state, *sequences[1:])
    outputs = []
    for q, k, v in zip(*(x.unbind(2) for x in sequences), strict=True):
        state = decay[:, None, None] * state + k.unsqueeze(-1) * v.unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    decay: Float[Tensor, " Hg"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """(QKᵀ ⊙ Γ) V with Γ_nm = γ^(n−m) for m ≤ n, else 0 (equation 5)."""
    q, k, v, decay = _sequences(query, key, value, decay)
    state = start_from(state, k, v)
    place = torch.arange(query.shape[2], device=query.device)
    distance = place[:, None] - place
    gamma = (decay[:, None, None] ** distance.clamp(min=0)).tril()  # (H, T, T)
    until = (decay[:, None] ** place).unsqueeze(-1)  # (H, T, 1): 1, γ, γ², …
    since = until * decay[:, None, None]  # γ, γ², γ³, …
    output = (q @ k.mT * gamma) @ v + (q * since) @ state
    state = since[:, -1:] * state + (k * until.flip(1)).mT @ v
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    decay: Float[Tensor, " Hg"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Gated linear attention whose gate is γ at every token (equation 7)."""
    q, k, v, decay = _sequences(query, key, value, decay)
    log_decay = decay.log()[:, None].expand(q.shape[:3])
    output, state = gated_linear.chunked(q, k, v, log_decay, state=state, chunk=chunk)
    return output.to(value.dtype), state


def _sequences(query: Tensor, key: Tensor, value: Tensor, decay: Tensor) -> tuple[Tensor, ...]:
    """Query, key, value and the decay, (H,) again."""
    check_range("decay", decay)
    *sequences, decay = one_sequence(
        query=query, key=key, value=value, decay=decay[None, :, None, None]
    )
    return (*sequences, decay.flatten())
