"""Linear attention: a kernel φ(q)·φ(k) in place of exp(q·k) (Katharopoulos et al., 2020).

output_i = Σ_j φ(q_i)·φ(k_j) v_j / Σ_j φ(q_i)·φ(k_j),   φ(x) = elu(x) + 1 > 0

Since the sum over j no longer needs the query, it can be kept: S = Σ_j φ(k_j) v_jᵀ. Each value gets
a 1 appended, so that the last column of the state S (B, H, F, Dv + 1) is Σ_j φ(k_j), and numerator
and denominator come out of one product; F is the size of φ(k). A query whose φ fits no key at all
gets 0.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear._chunks import check_chunk, from_chunks, into_chunks
from attnlib.linear._inputs import one_sequence, share_heads, start_from
from attnlib.linear._sums import divide, real_keys, with_one
from attnlib.masks import Padding

FeatureMap = Callable[[Tensor], Tensor]


@checked
def elu_plus_one(states: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
    """elu(x) + 1: x + 1 above zero, eˣ below (equation 7)."""
    return states.clamp(max=0).exp_() + states.relu()


@checked
def full(
    query: Float[Tensor, "B Hq Tq D"],
    key: Float[Tensor, "B Hk Tk D"],
    value: Float[Tensor, "B Hv Tk Dv"],
    *,
    mask: Padding | Bool[Tensor, "#B #H 1 #Tk"] | None = None,
    feature_map: FeatureMap = elu_plus_one,
) -> tuple[Float[Tensor, "B H Tq Dv"], Float[Tensor, "B H F Dv+1"]]:
    """Every query sees every key, in time T (equation 6): the keys are summed up once.

    Once for all queries: so a `mask` can only be `Padding(lengths)`, or booleans (B, H, 1, Tk), the
    same for all of them. The state, of the keys seen, is one that the causal forms go on from.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    q, k, v = share_heads(query=query, key=key, value=value)
    real = real_keys(mask, q, k)
    k, v = k.masked_fill(~real, 0), v.masked_fill(~real, 0)
    q, k, v = _features(feature_map, q, k, v)
    k = k.masked_fill(~real, 0)  # φ(0) is not 0
    state = k.mT @ v
    return divide(q @ state).to(value.dtype), state


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    *,
    state: Float[Tensor, "B H F Dv+1"] | None = None,
    feature_map: FeatureMap = elu_plus_one,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H F Dv+1"]]:
    """S ← S + φ(k) vᵀ, then read it: φ(q)ᵀS (section 3.4). Causal.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    features = _features(feature_map, *one_sequence(query=query, key=key, value=value))
    state = start_from(state, *features[1:])
    outputs = []
    for q, k, v in zip(*(x.unbind(2) for x in features), strict=True):
        state = state + k.unsqueeze(-1) * v.unsqueeze(-2)
        outputs.append(q.unsqueeze(-2) @ state)
    return divide(torch.cat(outputs, dim=2)).to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    *,
    state: Float[Tensor, "B H F Dv+1"] | None = None,
    feature_map: FeatureMap = elu_plus_one,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H F Dv+1"]]:
    """The masked quadratic form: (φ(Q)φ(K)ᵀ where j ≤ i)·V, each row divided by its sum."""
    q, k, v = _features(feature_map, *one_sequence(query=query, key=key, value=value))
    state = start_from(state, k, v)
    output = (q @ k.mT).tril() @ v + q @ state
    return divide(output).to(value.dtype), state + k.mT @ v


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    *,
    state: Float[Tensor, "B H F Dv+1"] | None = None,
    feature_map: FeatureMap = elu_plus_one,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H F Dv+1"]]:
    """Quadratic inside a chunk; the chunks before it come as their running sum of φ(k) vᵀ."""
    check_chunk(chunk)
    features = _features(feature_map, *one_sequence(query=query, key=key, value=value))
    state = start_from(state, *features[1:])
    q, k, v = (into_chunks(x, chunk) for x in features)
    added = k.mT @ v  # (B, H, N, D, Dv + 1)
    before = torch.cat((state.unsqueeze(2), added[:, :, :-1]), dim=2).cumsum_(dim=2)
    output = (q @ before).add_((q @ k.mT).tril_() @ v)
    output = from_chunks(output, query.shape[2])
    return divide(output).to(value.dtype), before[:, :, -1] + added[:, :, -1]


def _features(
    feature_map: FeatureMap, query: Tensor, key: Tensor, value: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    return feature_map(query), feature_map(key), with_one(value)
