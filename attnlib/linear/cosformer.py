"""cosFormer: near keys count more, by a cosine that splits into sums (Qin et al., 2022).

weight_ij ∝ ReLU(q_i)·ReLU(k_j) · cos(π/2 · (i − j)/M),   M ≥ T                 (section 3.2)

Since cos(a − b) = cos a cos b + sin a sin b, it is linear attention with twice the features:
[ReLU(x) cos(πt/2M), ReLU(x) sin(πt/2M)] at place t. M is the `horizon`, the longest sequence:
beyond it the cosine would turn negative. A query that fits no key gets output 0. The state is a
`Progress`, linear attention's sums and the number of tokens in them.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.linear import linear_attention
from attnlib.masks import Padding
from attnlib.precision import at_least_float32


class Progress(NamedTuple):
    """The state: linear attention's sums over all tokens so far, and how many tokens that is.

    The next token stands at place `length`; the sums' rows are the features' cosines, then sines.
    """

    sums: Float[Tensor, "B H 2D Dv+1"]
    length: int


@checked
def full(
    query: Float[Tensor, "B Hq Tq D"],
    key: Float[Tensor, "B Hk Tk D"],
    value: Float[Tensor, "B Hv Tk Dv"],
    *,
    horizon: int,
    mask: Padding | Bool[Tensor, "#B #H 1 #Tk"] | None = None,
) -> tuple[Float[Tensor, "B H Tq Dv"], Progress]:
    """Every query sees every key; places are counted from the start of each sequence.

    `mask` says which keys are padding; they keep their places.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit, or
    a sequence is longer than `horizon`.
    """
    q, k = features(query, horizon=horizon), features(key, horizon=horizon)
    wide = at_least_float32(value)
    output, sums = linear_attention.full(q, k, wide, mask=mask, feature_map=_as_they_are)
    return output.to(value.dtype), Progress(sums, key.shape[2])


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    *,
    horizon: int,
    state: Progress | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Progress]:
    """Causal, token by token. Raises as `full` does."""
    return _causal(linear_attention.recurrent, query, key, value, horizon, state)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    *,
    horizon: int,
    state: Progress | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Progress]:
    """Causal, all pairs at once."""
    return _causal(linear_attention.parallel, query, key, value, horizon, state)


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    *,
    horizon: int,
    state: Progress | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Progress]:
    """Causal, parallel inside a chunk."""
    return _causal(linear_attention.chunked, query, key, value, horizon, state, chunk=chunk)


@checked
def features(
    states: Float[Tensor, "B H T D"], *, horizon: int, start: int = 0
) -> Float[Tensor, "B H T 2D"]:
    """[ReLU(x) cos θ, ReLU(x) sin θ] with θ = π/2 · t/M, places t counted from `start`.

    Raises TypeError or ValueError when the horizon is no whole number of at least 1, or a place
    lies beyond it.
    """
    check_at_least(1, "horizon", horizon)
    end = start + states.shape[2]
    if end > horizon:
        raise ValueError(f"horizon is {horizon}, but the sequence reaches {end} tokens")
    states = at_least_float32(states).relu()
    place = torch.arange(start, end, device=states.device, dtype=states.dtype)
    angle = (place * (math.pi / 2 / horizon)).unsqueeze(-1)
    return torch.cat((states * angle.cos(), states * angle.sin()), dim=-1)


def _causal(
    form: Callable[..., tuple[Tensor, Tensor]],
    query: Tensor,
    key: Tensor,
    value: Tensor,
    horizon: int,
    state: Progress | None,
    **options: int,
) -> tuple[Tensor, Progress]:
    sums, start = (None, 0) if state is None else state
    q = features(query, horizon=horizon, start=start)
    k = features(key, horizon=horizon, start=start)
    output, sums = form(
        q, k, at_least_float32(value), state=sums, feature_map=_as_they_are, **options
    )
    return output.to(value.dtype), Progress(sums, start + query.shape[2])


def _as_they_are(states: Tensor) -> Tensor:
    return states
