"""A memory of M slots for keys and M for values, which a query attends to with softmax.

K_t = K_{t−1} Diag(α_t) + k_t s_tᵀ,   V_t = Diag(α_t) V_{t−1} + s_t v_tᵀ
output_t = V_tᵀ softmax(K_tᵀ q_t)

s_t (M) says how much of the token is written into each slot, α_t (M) how much each slot keeps. All
come as `one_sequence` gives them; the scores have no scale of their own.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.linear._chunks import from_start, pairwise_scores, to_end

State = tuple[Float[Tensor, "B H D M"], Float[Tensor, "B H M Dv"]]


def recurrent(
    query: Tensor, key: Tensor, value: Tensor, write: Tensor, log_decay: Tensor, *, state: State
) -> tuple[Tensor, State]:
    """Fade, write, attend to the slots: token by token."""
    keys, values = state
    outputs = []
    sequences = (query, key, value, write, log_decay)
    for q, k, v, s, g in zip(*(x.unbind(2) for x in sequences), strict=True):
        kept = g.exp()
        keys = keys * kept.unsqueeze(-2) + k.unsqueeze(-1) * s.unsqueeze(-2)
        values = kept.unsqueeze(-1) * values + s.unsqueeze(-1) * v.unsqueeze(-2)
        weights = (q.unsqueeze(-2) @ keys).softmax(dim=-1)
        outputs.append(weights @ values)
    return torch.cat(outputs, dim=2), (keys, values)


def parallel(
    query: Tensor, key: Tensor, value: Tensor, write: Tensor, log_decay: Tensor, *, state: State
) -> tuple[Tensor, State]:
    """The scores of all slots at once, then the masked quadratic form; memory T² · M."""
    keys, values = state
    kept, late = from_start(log_decay), to_end(log_decay)  # (B, H, T, M)
    shares = _shares(write, log_decay)
    scores = torch.einsum("bhij,bhijm->bhim", query @ key.mT, shares) + kept * (query @ keys)
    weights = scores.softmax(dim=-1)
    output = pairwise_scores(weights, write, log_decay) @ value + (weights * kept) @ values
    keys = keys * kept[:, :, -1:] + key.mT @ (write * late)
    return output, (keys, kept[:, :, -1:].mT * values + (write * late).mT @ value)


def _shares(
    write: Float[Tensor, "B H T M"], log_decay: Float[Tensor, "B H T M"]
) -> Float[Tensor, "B H T T M"]:
    """What is in slot m at token i of token j: s_jm α_(j+1)m ⋯ α_im for j ≤ i, else 0."""
    length = write.shape[2]
    earlier = torch.ones(length, length, dtype=torch.bool, device=write.device).tril(-1)
    steps = log_decay.unsqueeze(3).expand(-1, -1, -1, length, -1)
    between = steps.masked_fill(~earlier.unsqueeze(-1), 0).cumsum(dim=2).exp()
    seen = (earlier | torch.eye(length, dtype=torch.bool, device=write.device)).unsqueeze(-1)
    return between.masked_fill(~seen, 0) * write.unsqueeze(2)
