"""Mamba-3: a state of complex numbers, fed by the trapezoid of two tokens (Lahoti et al., 2026).

h_t = α_t R_t (h_{t−1} + (1 − λ_t) Δ_t k_{t−1} v_{t−1}ᵀ) + λ_t Δ_t k_t v_tᵀ,   output_t = h_tᵀ q_t

Two channels d and d + D/2 of the state are one complex number, which R_t turns by the token's own
`angle`, θ_td · Δ_t (B, H, T, D/2): a state that turns can count and tell odd from even, which one
that only fades cannot. Turning queries and keys by the running sum of the angles does the same: it
is RoPE with steps that the token chooses. `log_decay` is log α_t ≤ 0, `step` Δ_t ≥ 0, `blend` λ_t
from 0 to 1: at 1 it is Mamba-2, at 1/2 the trapezoidal rule, which makes the short convolution
superfluous. Of the paper's block only this recurrence stands here, for one input per head.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import gated_linear
from attnlib.linear._inputs import gate, one_sequence, start_parts


class Trapezoid(NamedTuple):
    """The state: the memory, and the last key and value, of which a part is still to be written."""

    memory: Float[Tensor, "B H D Dv"]
    key: Float[Tensor, "B H D"]
    value: Float[Tensor, "B H Dv"]


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    blend: Float[Tensor, "B Hb T"] | Float[Tensor, "B Hb T 1"],
    angle: Float[Tensor, "B Ha T half"],
    *,
    state: Trapezoid | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Trapezoid]:
    """Write half of the last token, turn and fade, write half of the new one: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    tokens = _sequences(query, key, value, log_decay, step, blend, angle)
    return _scan(gated_linear.recurrent, tokens, state, value.dtype)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    blend: Float[Tensor, "B Hb T"] | Float[Tensor, "B Hb T 1"],
    angle: Float[Tensor, "B Ha T half"],
    *,
    state: Trapezoid | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Trapezoid]:
    """The masked quadratic form, on turned queries and keys: memory T²."""
    tokens = _sequences(query, key, value, log_decay, step, blend, angle)
    return _scan(gated_linear.parallel, tokens, state, value.dtype)


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    blend: Float[Tensor, "B Hb T"] | Float[Tensor, "B Hb T 1"],
    angle: Float[Tensor, "B Ha T half"],
    *,
    state: Trapezoid | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Trapezoid]:
    """Gated linear attention in chunks of a power of two, on turned queries and keys."""
    tokens = _sequences(query, key, value, log_decay, step, blend, angle)
    return _scan(partial(gated_linear.chunked, chunk=chunk), tokens, state, value.dtype)


def _scan(
    form: Callable[..., Any],
    tokens: tuple[Tensor, ...],
    state: Trapezoid | None,
    dtype: torch.dtype,
) -> tuple[Tensor, Trapezoid]:
    """Both halves by themselves: the sum of two gated linear attentions with the same decay."""
    q, k, v, g, step, blend, angle = tokens
    start = _start_from(state, k, v)
    turned = angle.cumsum(dim=2)
    q, k_turned = _turn(q, -turned), _turn(k, -turned)
    k_before = torch.cat((start.key.unsqueeze(2), k_turned[:, :, :-1]), dim=2)
    v_before = torch.cat((start.value.unsqueeze(2), v[:, :, :-1]), dim=2)
    new, memory = form(q, k_turned, blend * step * v, g, state=start.memory)
    old, added = form(q, k_before, (1 - blend) * step * g.exp() * v_before, g)
    memory = _turn((memory + added).mT, turned[:, :, -1:]).mT
    return (new + old).to(dtype), Trapezoid(memory, k[:, :, -1], v[:, :, -1])


def _turn(
    states: Float[Tensor, "B H T D"], angle: Float[Tensor, "B H T half"]
) -> Float[Tensor, "B H T D"]:
    """Channels d and d + D/2 turned together by the angle of d."""
    first, second = states.chunk(2, dim=-1)
    cos, sin = angle.cos(), angle.sin()
    return torch.cat((first * cos - second * sin, first * sin + second * cos), dim=-1)


def _sequences(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    log_decay: Tensor,
    step: Tensor,
    blend: Tensor,
    angle: Tensor,
) -> tuple[Tensor, ...]:
    if key.shape[3] != 2 * angle.shape[3]:
        raise ValueError(
            f"angle must have half of key's size {key.shape[3]}, one per pair of channels; "
            f"got {angle.shape[3]}"
        )
    return one_sequence(
        query=query,
        key=key,
        value=value,
        log_decay=gate("log_decay", log_decay, key),
        step=gate("step", step, key),
        blend=gate("blend", blend, key),
        angle=angle,
    )


def _start_from(state: Trapezoid | None, key: Tensor, value: Tensor) -> Trapezoid:
    heads, size, value_size = key.shape[:2], key.shape[3], value.shape[3]
    shapes = (*heads, size, value_size), (*heads, size), (*heads, value_size)
    return start_parts(Trapezoid, state, key, *shapes)
