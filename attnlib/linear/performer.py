"""Performer (FAVOR+): softmax attention by random features, in time T (Choromanski et al., 2021).

exp(q·k/√D) = E[φ(q)·φ(k)],   φ(x)_r = exp(ω_r·x̃ − ‖x̃‖²/2) / √m,   x̃ = x / D^¼     (lemma 1)

with m random directions ω_r, normal in every coordinate. All features are positive, so no sum of
them comes near zero. With φ as its kernel, linear attention is on average softmax attention, and
the error falls like 1/√m. Directions at right angles, the paper's orthogonal random features, make
it smaller still.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Real
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.linear import linear_attention
from attnlib.linear.linear_attention import FeatureMap
from attnlib.masks import Padding
from attnlib.precision import at_least_float32


def random_directions(
    count: int, head_size: int, generator: torch.Generator | None = None
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
    _check_directions(directions, states)
    scaled = at_least_float32(states) / states.shape[-1] ** 0.25
    logarithm = scaled @ directions.to(scaled.dtype).mT - scaled.square().sum(-1, keepdim=True) / 2
    return logarithm.exp() / math.sqrt(len(directions))


def full(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
    value: Float[Tensor, "B H Tk Dv"],
    directions: Real[Tensor, "m D"],
    *,
    mask: Padding | None = None,
) -> Float[Tensor, "B H Tq Dv"]:
    """Every query sees every key, in time T · m; `mask` says which keys are padding.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    map_features = _with(directions)
    return linear_attention.full(query, key, value, mask=mask, feature_map=map_features)


def recurrent(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    directions: Real[Tensor, "m D"],
    *,
    state: Float[Tensor, "B H m Dv+1"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H m Dv+1"]]:
    """Causal, token by token. Raises as `full` does."""
    return _causal(linear_attention.recurrent, query, key, value, directions, state)


def parallel(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    directions: Real[Tensor, "m D"],
    *,
    state: Float[Tensor, "B H m Dv+1"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H m Dv+1"]]:
    """Causal, all pairs at once."""
    return _causal(linear_attention.parallel, query, key, value, directions, state)


def chunked(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    directions: Real[Tensor, "m D"],
    *,
    state: Float[Tensor, "B H m Dv+1"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H m Dv+1"]]:
    """Causal, parallel inside a chunk."""
    return _causal(linear_attention.chunked, query, key, value, directions, state, chunk=chunk)


def _causal(
    form: Callable[..., tuple[Tensor, Tensor]],
    query: Tensor,
    key: Tensor,
    value: Tensor,
    directions: Tensor,
    state: Tensor | None,
    **options: int,
) -> tuple[Tensor, Tensor]:
    return form(query, key, value, state=state, feature_map=_with(directions), **options)


def _with(directions: Tensor) -> FeatureMap:
    return lambda states: positive_features(states, directions)


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
