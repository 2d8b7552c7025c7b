"""DeltaProduct: several steps of the delta rule per token, under one gate (Siems et al., 2025).

S_t,0 = α_t S_{t−1},   S_t,j = S_t,j−1 + β_tj k_tj (v_tj − S_t,j−1ᵀ k_tj)ᵀ,   output_t = S_t,nᵀ q_t

Every token brings n keys, n values and n strengths, `key` (B, H, T, n, D). One step multiplies the
state by I − βkkᵀ, which can only reflect (β = 2) or shrink along one direction; a product of n of
them is any rotation in n dimensions, so that a state can follow permutations and other groups.
`log_decay` is log α_t ≤ 0, one per head and token; `write` is β, (B, H, T, n) or one for all steps
of a token, from 0 to 2. One step is Gated DeltaNet. Keys should have length 1 (F.normalize).
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.linear import _delta_rule
from attnlib.linear._chunks import check_chunk
from attnlib.linear._inputs import gate, one_sequence, start_from


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T n D"],
    value: Float[Tensor, "B Hv T n Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #n"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Forget once, correct n times: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    steps = _steps(query, key, value, log_decay, write)
    state = start_from(state, *steps[1:3])
    output, state = _delta_rule.recurrent(*steps, state=state)
    return _last(output, key).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T n D"],
    value: Float[Tensor, "B Hv T n Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #n"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """The triangular system of the delta rule over all n · T steps: time (n · T)³."""
    steps = _steps(query, key, value, log_decay, write)
    state = start_from(state, *steps[1:3])
    output, state = _delta_rule.parallel(*steps, state=state)
    return _last(output, key).to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T n D"],
    value: Float[Tensor, "B Hv T n Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #n"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk, whose length counts steps, n per token: a power of two."""
    check_chunk(chunk)
    steps = _steps(query, key, value, log_decay, write)
    state = start_from(state, *steps[1:3])
    output, state = _delta_rule.chunked(*steps, state=state, chunk=chunk)
    return _last(output, key).to(value.dtype), state


def _steps(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, write: Tensor
) -> tuple[Tensor, ...]:
    """Tokens as n steps each: the first one forgets, the last one asks."""
    count = key.shape[3]
    check_at_least(1, "key's number of steps", count)
    laid = gate("log_decay", log_decay, key[..., 0, :])
    beta = gate("write", write, key[..., 0], per_channel=True)
    beta = beta.expand(*beta.shape[:3], count).flatten(2).unsqueeze(-1)
    q, k, v, g, beta = one_sequence(
        query=F.pad(query.unsqueeze(3), (0, 0, count - 1, 0)).flatten(2, 3),
        key=key.flatten(2, 3),
        value=value.flatten(2, 3),
        log_decay=F.pad(laid.unsqueeze(3), (0, 0, 0, count - 1)).flatten(2, 3),
        write=beta,
    )
    return q, k, beta * v, beta * k, g


def _last(output: Tensor, key: Tensor) -> Float[Tensor, "B H T Dv"]:
    """What was asked at the last step of each token."""
    return output.unflatten(2, (-1, key.shape[3]))[:, :, :, -1]
