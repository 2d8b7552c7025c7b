"""One block of queries against one block of keys, forward and backward.

    P = softmax(S),  S = q·kᵀ·scale + bias          output = P·v
    dV = Pᵀ·dO    dS = P ∘ (dO·Vᵀ − δ)    δ = Σ dO ∘ O    dQ = dS·K·scale    dK = dSᵀ·Q·scale

(Dao et al., 2022, appendix B.2.) The backward pass needs δ and the logsumexp over *all* keys, one
number per query each; then every block stands alone and P is computed again instead of kept.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.forward_ad import unpack_dual

from attnlib.checks import in_forward_mode
from attnlib.kernels.online import Partial
from attnlib.masks._laying import blank_unseen, visible
from attnlib.precision import lowest, no_autocast, widened

Function = TypeVar("Function", bound=Callable[..., Any])


def _wide(function: Function) -> Function:
    """The function, whose products stay as wide as its states also under autocast."""

    @wraps(function)
    def call(query: Tensor, *rest: Any) -> Any:
        with no_autocast(query):
            return function(query, *rest)

    return cast(Function, call)


@_wide
def attend_block(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    allowed: Bool[Tensor, "#B #H Tq Tk"] | None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None,
    scale: float,
) -> Partial:
    """Attention as if these keys were all: one part of the whole, in float32 at least."""
    query, key, value = _repeated(*blanked(query, key, value, allowed, bias))
    scores = _scores(query, key, allowed, bias, scale)
    largest = scores.detach().amax(dim=-1, keepdim=True).clamp(min=lowest(scores))
    weights = (scores - largest).exp()
    total = weights.sum(dim=-1, keepdim=True)
    nothing = total == 0
    total = total.masked_fill(nothing, 1)
    logsumexp = (total.log() + largest).masked_fill(nothing, -torch.inf)
    return Partial(weights @ value / total, logsumexp.squeeze(-1))


class Gradients(NamedTuple):
    """What one block adds to the gradients."""

    query: Float[Tensor, "B H Tq D"]
    key: Float[Tensor, "B G Tk D"]
    value: Float[Tensor, "B G Tk Dv"]
    scores: Float[Tensor, "B H Tq Tk"]


@_wide
def block_gradients(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    allowed: Bool[Tensor, "#B #H Tq Tk"] | None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None,
    scale: float,
    pull: Float[Tensor, "B H Tq Dv"],
    delta: Float[Tensor, "B H Tq"],
    logsumexp: Float[Tensor, "B H Tq"],
) -> Gradients:
    """The gradients through one block. `pull` is dO; `delta` and `logsumexp` are over all keys."""
    key_heads = key.shape[1]
    query, key, value = _repeated(*blanked(query, key, value, allowed, bias))
    scores = _scores(query, key, allowed, bias, scale)
    weights = (scores - logsumexp.clamp(min=lowest(scores)).unsqueeze(-1)).exp()
    d_scores = weights * (pull @ value.mT - delta.unsqueeze(-1))
    d_key, d_value = d_scores.mT @ query * scale, weights.mT @ pull
    return Gradients(
        d_scores @ key * scale, shared(d_key, key_heads), shared(d_value, key_heads), d_scores
    )


def shared(gradient: Float[Tensor, "B H Tk D"], key_heads: int) -> Float[Tensor, "B G Tk D"]:
    """The sum over the query heads that use the same key head."""
    return gradient.unflatten(1, (key_heads, -1)).sum(dim=2)


def check_no_second_derivative(name: str) -> None:
    """Raise in a backward pass whose own derivative is wanted (`create_graph=True`)."""
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        raise RuntimeError(f'{name} has no second derivative; impl="reference" has')


def check_reverse_mode_only(name: str, *tensors: Tensor | None) -> None:
    """Raise where a backward pass of its own has no meaning: inside torch.func, or forward mode."""
    if torch.compiler.is_compiling():
        return
    dual = in_forward_mode() and any(
        t is not None and unpack_dual(t).tangent is not None for t in tensors
    )
    if dual or torch._C._are_functorch_transforms_active():
        raise RuntimeError(
            f"{name} has no forward mode and takes no part in torch.func and vmap; "
            'attention with impl="reference" does'
        )


def slices(places: range, size: int) -> list[slice]:
    """`places` cut into pieces of `size`, the last one as long as what is left."""
    return [slice(i, min(i + size, places.stop)) for i in range(places.start, places.stop, size)]


def cut(pairs: Tensor | None, rows: slice, columns: slice) -> Tensor | None:
    """Some queries and keys of a bias or a mask; an axis of size 1 holds for all."""
    if pairs is None:
        return None
    rows = slice(None) if pairs.shape[-2] == 1 else rows
    columns = slice(None) if pairs.shape[-1] == 1 else columns
    return pairs[..., rows, columns]


def blanked(
    query: Tensor, key: Tensor, value: Tensor, allowed: Tensor | None, bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Zeros where nobody looks, so that whatever stands in padding reaches nothing."""
    seen = visible(allowed, bias)
    if seen is None:
        return query, key, value
    return blank_unseen(query, seen.mT), blank_unseen(key, seen), blank_unseen(value, seen)


def _repeated(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """In float32 at least, every query head beside its own key and value head."""
    group = query.shape[1] // key.shape[1]
    key, value = (states.repeat_interleave(group, dim=1) for states in (key, value))
    query, key, value = widened(query, key, value)
    return query, key, value


def _scores(
    query: Tensor, key: Tensor, allowed: Tensor | None, bias: Tensor | None, scale: float
) -> Float[Tensor, "B H Tq Tk"]:
    scores = query * scale @ key.mT
    if bias is not None:
        scores = scores + bias
    return scores if allowed is None else scores.masked_fill(~allowed, -torch.inf)
