"""Linear attention: a kernel φ(q)·φ(k) in place of exp(q·k) (Katharopoulos et al., 2020).

output_i = Σ_j φ(q_i)·φ(k_j) v_j / Σ_j φ(q_i)·φ(k_j),   φ(x) = elu(x) + 1 > 0

Since the sum over j no longer needs the query, it can be kept: S = Σ_j φ(k_j) v_jᵀ. Each value gets
a 1 appended, so that the last column of the state S (B, H, D, Dv + 1) is Σ_j φ(k_j),
and numerator and denominator come out of one product. A query whose φ fits no key at all gets 0.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_inputs, checked
from attnlib.linear._chunks import (
    check_chunk,
    check_sequence,
    from_chunks,
    into_chunks,
    start_from,
)
from attnlib.masks import Padding
from attnlib.masks._laying import check_fits
from attnlib.precision import at_least_float32

FeatureMap = Callable[[Tensor], Tensor]


@checked
def elu_plus_one(states: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
    """elu(x) + 1: x + 1 above zero, eˣ below (equation 7)."""
    return states.relu() + states.clamp(max=0).exp()


def full(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
    value: Float[Tensor, "B H Tk Dv"],
    *,
    mask: Padding | None = None,
    feature_map: FeatureMap = elu_plus_one,
) -> Float[Tensor, "B H Tq Dv"]:
    """Every query sees every key, in time T (equation 6): the keys are summed up once.

    Once for all queries: so a `mask` can only be `Padding(lengths)`, the same for all of them.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_inputs(query, key, value, None, 0.0)
    if key.shape[1] != query.shape[1] or key.shape[3] != query.shape[3]:
        raise ValueError(
            f"key has {key.shape[1]} heads of size {key.shape[3]}, "
            f"but query has {query.shape[1]} of size {query.shape[3]}"
        )
    real = _real_keys(mask, query, key)
    key, value = key.masked_fill(~real, 0), value.masked_fill(~real, 0)
    q, k, v = _features(query, key, value, feature_map)
    k = k.masked_fill(~real, 0)  # φ(0) is not 0
    return _divide(q @ (k.mT @ v)).to(value.dtype)


def recurrent(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    *,
    state: Float[Tensor, "B H D Dv+1"] | None = None,
    feature_map: FeatureMap = elu_plus_one,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv+1"]]:
    """S ← S + φ(k) vᵀ, then read it: φ(q)ᵀS (section 3.4). Causal.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_sequence(query, key, value)
    features = _features(query, key, value, feature_map)
    state = start_from(state, *features[1:])
    outputs = []
    for q, k, v in zip(*(x.unbind(2) for x in features), strict=True):
        state = state + k.unsqueeze(-1) * v.unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return _divide(torch.cat(outputs, dim=2)).to(value.dtype), state


def parallel(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    *,
    state: Float[Tensor, "B H D Dv+1"] | None = None,
    feature_map: FeatureMap = elu_plus_one,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv+1"]]:
    """The masked quadratic form: (φ(Q)φ(K)ᵀ where j ≤ i)·V, each row divided by its sum."""
    check_sequence(query, key, value)
    q, k, v = _features(query, key, value, feature_map)
    state = start_from(state, k, v)
    output = (q @ k.mT).tril() @ v + q @ state
    return _divide(output).to(value.dtype), state + k.mT @ v


def chunked(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    *,
    state: Float[Tensor, "B H D Dv+1"] | None = None,
    feature_map: FeatureMap = elu_plus_one,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv+1"]]:
    """Quadratic inside a chunk; the chunks before it come as their running sum of φ(k) vᵀ."""
    check_sequence(query, key, value)
    check_chunk(chunk)
    features = _features(query, key, value, feature_map)
    state = start_from(state, *features[1:])
    q, k, v = (into_chunks(x, chunk) for x in features)
    added = k.mT @ v  # (B, H, N, D, Dv + 1)
    after = added.cumsum(dim=2) + state.unsqueeze(2)
    before = torch.cat((state.unsqueeze(2), after[:, :, :-1]), dim=2)
    output = from_chunks((q @ k.mT).tril() @ v + q @ before, query.shape[2])
    return _divide(output).to(value.dtype), after[:, :, -1]


def _real_keys(mask: Padding | None, query: Tensor, key: Tensor) -> Bool[Tensor, "#B 1 Tk 1"]:
    if mask is None:
        return key.new_ones(1, 1, key.shape[2], 1, dtype=torch.bool)
    if not isinstance(mask, Padding):
        kind = type(mask).__name__
        raise TypeError(f"mask must be a Padding, the same for all queries; got {kind}")
    real = mask.dense(1, key.shape[2], device=key.device)
    check_fits(real, query)
    return real.mT


def _features(
    query: Tensor, key: Tensor, value: Tensor, feature_map: FeatureMap
) -> tuple[Tensor, Tensor, Tensor]:
    query, key, value = (at_least_float32(x) for x in (query, key, value))
    return feature_map(query), feature_map(key), F.pad(value, (0, 1), value=1.0)


def _divide(sums: Float[Tensor, "B H T Dv+1"]) -> Float[Tensor, "B H T Dv"]:
    total = sums[..., -1:]
    return sums[..., :-1] / total.masked_fill(total == 0, 1)
