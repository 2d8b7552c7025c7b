"""Mixture of memories: each token is sent to a few of M states (Du et al., 2025).

S_t^m = α_t S_{t−1}^m + k_t^m (v_t^m)ᵀ for the memories m that token t is sent to, else S_{t−1}^m
output_t = Σ_m r_t^m (S_t^m)ᵀ q_t

What goes to different memories cannot overwrite one another, and a memory that a token is not sent
to does not fade either. `route` is r (B, H, T, M), how much a token takes from each memory: 0 where
it is not sent, see `routes`. Every memory has keys and values of its own, (B, H, T, M, D);
`log_decay` is log α_t ≤ 0, one per head and token. A memory that all tokens share is one with r = 1
everywhere. The paper allows any recurrence inside; here it is gated linear attention. All M are
computed and those not chosen left out, where a kernel would sort the tokens.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.linear import gated_linear
from attnlib.linear._inputs import check_state, gate, one_sequence


@checked
def routes(scores: Float[Tensor, "*N M"], *, count: int) -> Float[Tensor, "*N M"]:
    """The softmax of a router's scores over the `count` best of M memories; 0 for the others.

    Raises ValueError unless there are so many.
    """
    check_at_least(1, "count", count)
    if count > scores.shape[-1]:
        raise ValueError(f"count is {count}, but scores have {scores.shape[-1]} memories")
    best = scores.topk(count, dim=-1).indices
    chosen = torch.zeros_like(scores).scatter(-1, best, 1.0)
    return scores.masked_fill(chosen == 0, -torch.inf).softmax(dim=-1)


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T M D"],
    value: Float[Tensor, "B Hv T M Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    route: Float[Tensor, "B Hr T M"],
    *,
    state: Float[Tensor, "B H M D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H M D Dv"]]:
    """Fade and write where a token is sent, read all: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    tokens = _sequences(query, key, value, log_decay, route)
    return _mixed(gated_linear.recurrent, tokens, state, value.dtype)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T M D"],
    value: Float[Tensor, "B Hv T M Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    route: Float[Tensor, "B Hr T M"],
    *,
    state: Float[Tensor, "B H M D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H M D Dv"]]:
    """All pairs at once, memory by memory; T² · M."""
    tokens = _sequences(query, key, value, log_decay, route)
    return _mixed(gated_linear.parallel, tokens, state, value.dtype)


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T M D"],
    value: Float[Tensor, "B Hv T M Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    route: Float[Tensor, "B Hr T M"],
    *,
    state: Float[Tensor, "B H M D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H M D Dv"]]:
    """Gated linear attention in chunks of a power of two, memory by memory."""
    tokens = _sequences(query, key, value, log_decay, route)
    return _mixed(partial(gated_linear.chunked, chunk=chunk), tokens, state, value.dtype)


def _mixed(
    form: Callable[..., Any], tokens: tuple[Tensor, ...], state: Tensor | None, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Every memory as a head of its own; then their answers, as the route weighs them."""
    q, k, v, g, route = tokens  # k, v (B, H, M, T, D), the others (B, H, T, …)
    heads, memories = k.shape[1:3]
    shape = (*k.shape[:3], k.shape[4], v.shape[4])
    if state is None:
        state = k.new_zeros(shape)
    check_state("state", state, shape, q)
    sent = (route != 0).mT.unsqueeze(-1)  # (B, H, M, T, 1)
    output, last = form(
        q.repeat_interleave(memories, dim=1),
        k.masked_fill(~sent, 0).flatten(1, 2),
        v.flatten(1, 2),
        g.unsqueeze(2).where(sent, 0).flatten(1, 2),
        state=state.flatten(1, 2),
    )
    answers = output.unflatten(1, (heads, memories))
    mixed = (route.mT.unsqueeze(-1) * answers).sum(dim=2)
    return mixed.to(dtype), last.unflatten(1, (heads, memories))


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, route: Tensor
) -> tuple[Tensor, ...]:
    if key.shape[3] == 0:
        raise ValueError("key must have at least one memory, got 0")
    q, k, v, g, route = one_sequence(
        query=query,
        key=key.transpose(2, 3).flatten(3),
        value=value.transpose(2, 3).flatten(3),
        log_decay=gate("log_decay", log_decay, key[..., 0, :]),
        route=route,
    )
    size, value_size = key.shape[4], value.shape[4]
    return q, k.unflatten(3, (-1, size)), v.unflatten(3, (-1, value_size)), g, route
