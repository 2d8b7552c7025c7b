"""Performer (FAVOR+): softmax attention by random features, in time T (Choromanski et al., 2021).

exp(q·k/√D) = E[φ(q)·φ(k)],   φ(x)_r = exp(ω_r·x̃ − ‖x̃‖²/2) / √m,   x̃ = x / D^¼     (lemma 1)

with m random directions ω_r, normal in every coordinate, the `directions`. With φ as its kernel,
linear attention is on average softmax attention, and the error falls like 1/√m. Directions at right
angles, the paper's orthogonal random features, make it smaller still.

All features are positive, but of long vectors so small that float32 holds none of them. So only
their ratios are computed: of each feature r, φ(k_j)_r by its largest up to token t, e^c_tr, and
φ(q_t)_r · e^c_tr by the largest among r. Both factors are at most 1, the sum that divides is at
least 1, and what was divided out cancels. In the sums over the past e^(c_(t−1) − c_t) is a gate:
the causal forms are those of gated linear attention.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Real
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.linear import gated_linear
from attnlib.linear._inputs import one_sequence, share_heads, start_parts
from attnlib.linear._sums import divide, real_keys, with_one
from attnlib.masks import Padding
from attnlib.precision import at_least_float32


class Scaled(NamedTuple):
    """The state: Σ_j φ(k_j)_r [v_j, 1] / e^c_r, and c_r, the largest log φ(k_j)_r so far.

    φ here is without its 1/√m. Before the first key c_r is the lowest number there is.
    """

    sums: Float[Tensor, "B H m Dv+1"]
    log_scale: Float[Tensor, "B H m"]


def random_directions(
    count: int, head_size: int, *, generator: torch.Generator | None = None
) -> Float[Tensor, "m D"]:
    """`count` normal vectors of which every D in a row are at right angles to one another.

    Gram and Schmidt straighten normal vectors; each gets back the length of a normal vector of its
    own, so that each by itself is normal. Raises ValueError unless both are positive.
    """
    check_at_least(1, "count", count)
    check_at_least(1, "head_size", head_size)
    blocks = math.ceil(count / head_size)
    normal = torch.randn(blocks, head_size, head_size, generator=generator)
    unit, triangle = torch.linalg.qr(normal)
    unit = unit * triangle.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
    lengths = torch.randn(count, head_size, generator=generator).norm(dim=-1, keepdim=True)
    return unit.mT.flatten(0, 1)[:count] * lengths


@checked
def positive_features(
    states: Float[Tensor, "B H T D"], directions: Real[Tensor, "m D"]
) -> Float[Tensor, "B H T m"]:
    """φ(x)_r = exp(ω_r·x̃ − ‖x̃‖²/2) / √m with x̃ = x / D^¼. At most exp(‖ω_r‖²/2), for x̃ = ω_r.

    Raises TypeError or ValueError when the directions are not (m, D) numbers on x's device.
    """
    return _log_features(at_least_float32(states), directions).exp() / math.sqrt(len(directions))


@checked
def full(
    query: Float[Tensor, "B Hq Tq D"],
    key: Float[Tensor, "B Hk Tk D"],
    value: Float[Tensor, "B Hv Tk Dv"],
    directions: Real[Tensor, "m D"],
    *,
    mask: Padding | Bool[Tensor, "#B #H 1 #Tk"] | None = None,
) -> tuple[Float[Tensor, "B H Tq Dv"], Scaled]:
    """Every query sees every key, in time T · m; `mask` says which keys are padding.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    q, k, v = share_heads(query=query, key=key, value=value)
    real = real_keys(mask, q, k)
    k, v = k.masked_fill(~real, 0), v.masked_fill(~real, 0)
    log_k = _log_features(k, directions).masked_fill(~real, -torch.inf)
    log_scale = _largest(log_k, dim=2)  # (B, H, 1, m)
    sums = (log_k - log_scale).exp().mT @ with_one(v)
    q = _ratios(_log_features(q, directions) + log_scale)
    return divide(q @ sums).to(value.dtype), Scaled(sums, log_scale.squeeze(2))


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    directions: Real[Tensor, "m D"],
    *,
    state: Scaled | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Scaled]:
    """Causal, token by token. Raises as `full` does."""
    return _causal(gated_linear.recurrent, query, key, value, directions, state)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    directions: Real[Tensor, "m D"],
    *,
    state: Scaled | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Scaled]:
    """Causal, all pairs at once; memory T² · m."""
    return _causal(gated_linear.parallel, query, key, value, directions, state)


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    directions: Real[Tensor, "m D"],
    *,
    state: Scaled | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Scaled]:
    """Causal, parallel inside a chunk."""
    return _causal(gated_linear.chunked, query, key, value, directions, state, chunk=chunk)


def _causal(
    form: Callable[..., tuple[Tensor, Tensor]],
    query: Tensor,
    key: Tensor,
    value: Tensor,
    directions: Tensor,
    state: Scaled | None,
    **options: int,
) -> tuple[Tensor, Scaled]:
    q, k, v = one_sequence(query=query, key=key, value=value)
    log_q, log_k = _log_features(q, directions), _log_features(k, directions)
    v = with_one(v)
    sums, before = _start_from(state, log_k, v)
    scales = torch.cat((before.unsqueeze(2), log_k.detach()), dim=2).cummax(dim=2).values
    log_scale = scales[:, :, 1:]  # (B, H, T, m)
    output, sums = form(
        _ratios(log_q + log_scale),
        (log_k - log_scale).exp(),
        v,
        scales[:, :, :-1] - log_scale,
        state=sums,
        **options,
    )
    return divide(output).to(value.dtype), Scaled(sums, log_scale[:, :, -1])


def _start_from(state: Scaled | None, log_k: Tensor, value: Tensor) -> Scaled:
    shape, lowest = (*log_k.shape[:2], log_k.shape[3]), torch.finfo(log_k.dtype).min
    return start_parts(Scaled, state, log_k, (*shape, value.shape[3]), shape, log_scale=lowest)


def _log_features(
    states: Float[Tensor, "B H T D"], directions: Real[Tensor, "m D"]
) -> Float[Tensor, "B H T m"]:
    """log φ(x)_r + log √m, of widened states."""
    _check_directions(directions, states)
    scaled = states / states.shape[-1] ** 0.25
    return scaled @ directions.to(scaled.dtype).mT - scaled.square().sum(-1, keepdim=True) / 2


def _ratios(logarithm: Float[Tensor, "B H T m"]) -> Float[Tensor, "B H T m"]:
    """Features divided by each token's largest."""
    return (logarithm - _largest(logarithm, dim=-1)).exp()


def _largest(logarithm: Tensor, dim: int) -> Tensor:
    """A scale that cancels, so that no gradient goes through it; finite also where nothing is."""
    lowest = torch.finfo(logarithm.dtype).min
    one_more = F.pad(logarithm.detach(), (0, 0) * (dim == 2) + (0, 1), value=lowest)
    return one_more.amax(dim=dim, keepdim=True)


def _check_directions(directions: Tensor, states: Tensor) -> None:
    if not isinstance(directions, Tensor) or not directions.dtype.is_floating_point:
        kind = directions.dtype if isinstance(directions, Tensor) else type(directions).__name__
        raise TypeError(f"directions must be a floating-point tensor, got {kind}")
    size = states.shape[-1]
    if directions.dim() != 2 or directions.shape[1] != size or len(directions) == 0:
        raise ValueError(
            f"directions must have the axes (m, {size}), got {tuple(directions.shape)}"
        )
    if directions.device != states.device:
        raise ValueError(f"directions is on {directions.device}, but query is on {states.device}")
