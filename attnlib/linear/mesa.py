"""MesaNet: the answer of the best linear map for all pairs so far (von Oswald et al., 2025).

H_t = α_t H_{t−1} + β_t k_t k_tᵀ,   G_t = α_t G_{t−1} + β_t k_t v_tᵀ
output_t = G_tᵀ (H_t + Λ)⁻¹ q_t

Linear attention answers G_tᵀq_t; the delta rule takes one step of gradient descent per token
towards the map that gives v for k. Here the query meets the optimum: W = (H + Λ)⁻¹G minimizes
Σ_j weight_j ‖Wᵀk_j − v_j‖² + Σ_d Λ_d ‖W_d‖², a ridge regression, solved anew at every token.
`log_decay` is log α_t ≤ 0 and `write` is β_t from 0 to 2, one per head; `ridge` is Λ > 0 (H, D),
learned. The system is solved exactly; on a GPU the paper takes steps of the conjugate gradient.
"""

from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import gated_linear
from attnlib.linear._chunks import chunk_by_chunk, from_start, pairwise_scores
from attnlib.linear._inputs import check_range, gate, one_sequence, start_parts


class Regression(NamedTuple):
    """The state: H, the products of keys with themselves, and G, those of keys with values."""

    keys: Float[Tensor, "B H D D"]
    values: Float[Tensor, "B H D Dv"]


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    ridge: Float[Tensor, "Hr D"],
    *,
    state: Regression | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Regression]:
    """Add to both sums, solve, read: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    *sequences, ridge = _sequences(query, key, value, log_decay, write, ridge)
    keys, values = _start_from(state, *sequences[1:3])
    outputs = []
    for q, k, v, g, beta in zip(*(x.unbind(2) for x in sequences), strict=True):
        kept, written = g.exp().unsqueeze(-1), (beta * k).unsqueeze(-1)
        keys = kept * keys + written * k.unsqueeze(-2)
        values = kept * values + written * v.unsqueeze(-2)
        solved = torch.linalg.solve(keys + torch.diag_embed(ridge), q)
        outputs.append(solved.unsqueeze(-2) @ values)
    return torch.cat(outputs, dim=2).to(value.dtype), Regression(keys, values)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    ridge: Float[Tensor, "Hr D"],
    *,
    state: Regression | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Regression]:
    """All sums H_t at once, then the masked quadratic form with (H_t + Λ)⁻¹q_t; memory T · D²."""
    *sequences, ridge = _sequences(query, key, value, log_decay, write, ridge)
    output, last = _parallel(*sequences, ridge=ridge, state=_start_from(state, *sequences[1:3]))
    return output.to(value.dtype), last


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    ridge: Float[Tensor, "Hr D"],
    *,
    state: Regression | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Regression]:
    """The parallel form chunk by chunk, each going on from the state of the one before."""
    *sequences, ridge = _sequences(query, key, value, log_decay, write, ridge)
    last = _start_from(state, *sequences[1:3])
    output, last = chunk_by_chunk(partial(_parallel, ridge=ridge), sequences, last, chunk)
    return output.to(value.dtype), last


def _parallel(
    q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, *, ridge: Tensor, state: Regression
) -> tuple[Tensor, Regression]:
    ones = torch.ones_like(g)
    decays = pairwise_scores(ones, ones, g)  # (B, H, T, T), what is left of token j at token i
    pairs = torch.einsum("bhij,bhjd,bhje->bhide", decays, beta * k, k)
    keys = pairs + from_start(g).unsqueeze(-1) * state.keys.unsqueeze(2)  # (B, H, T, D, D)
    solved = torch.linalg.solve(keys + torch.diag_embed(ridge).unsqueeze(2), q)
    output, values = gated_linear.parallel(solved, k, beta * v, g, state=state.values)
    return output, Regression(keys[:, :, -1], values)


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, write: Tensor, ridge: Tensor
) -> tuple[Tensor, ...]:
    """Query, key, value, decay, write, and the ridge (1, H, D)."""
    check_range("ridge", ridge)
    *sequences, laid = one_sequence(
        query=query,
        key=key,
        value=value,
        log_decay=gate("log_decay", log_decay, key),
        write=gate("write", write, key),
        ridge=ridge[None, :, None],
    )
    return *sequences, laid.squeeze(2)


def _start_from(state: Regression | None, key: Tensor, value: Tensor) -> Regression:
    heads, size = key.shape[:2], key.shape[3]
    shapes = (*heads, size, size), (*heads, size, value.shape[3])
    return start_parts(Regression, state, key, *shapes)
