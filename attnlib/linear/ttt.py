"""TTT-linear: the state is a small model that each token trains (Sun et al., 2024).

f(x; W, b) = x + LN(xW + b),   ℓ_t(W, b) = ‖f(k_t; W, b) − v_t‖²/2
W_t = W_{t−1} − η_t ∇ℓ_t(W_s, b_s), b likewise,   output_t = f(q_t; W_t, b_t)        (section 2)

Reading a text is training: the state learns to give v for k by one step of gradient descent per
token, and is asked with q. All gradients of a mini-batch of n tokens are taken where the state was
when the batch began, s: so they are computed at once, where n = 1 would need a loop. n belongs to
the model. `step` is η ≥ 0, one per head and token; `first` is W_0 (H, D, D), `gain` and `shift` are
those of the layer norm LN (H, D), all learned. Of W alone, without x and LN, it is the delta rule
at n = 1, linear attention at n = ∞ (from W_0 = 0). Public code differs: the authors' also divides η
by the place in the batch; flash-linear-attention scales by the reader's η, and adds xW + b where f
adds x.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.linear._inputs import check_state, gate, one_sequence
from attnlib.precision import no_autocast

EPSILON = 1e-6


class Learner(NamedTuple):
    """The state: W and b now and at the start of the mini-batch, and how many tokens there were."""

    weight: Float[Tensor, "B H D D"]
    bias: Float[Tensor, "B H 1 D"]
    start_weight: Float[Tensor, "B H D D"]
    start_bias: Float[Tensor, "B H 1 D"]
    length: int


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    first: Float[Tensor, "Hn D D"],
    gain: Float[Tensor, "Hn D"],
    shift: Float[Tensor, "Hn D"],
    *,
    batch: int = 16,
    state: Learner | None = None,
) -> tuple[Float[Tensor, "B H T D"], Learner]:
    """A step of gradient descent, then the answer: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    check_at_least(1, "batch", batch)
    q, k, v, eta, *norm, state = _sequences(query, key, value, step, first, gain, shift, state)
    outputs = []
    for place in range(q.shape[2]):
        token = slice(place, place + 1)
        tokens = (x[:, :, token] for x in (q, k, v, eta))
        output, state = _learn(*tokens, *norm, state=_begun(state, batch))
        outputs.append(output)
    return torch.cat(outputs, dim=2).to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T D"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    first: Float[Tensor, "Hn D D"],
    gain: Float[Tensor, "Hn D"],
    shift: Float[Tensor, "Hn D"],
    *,
    batch: int = 16,
    state: Learner | None = None,
) -> tuple[Float[Tensor, "B H T D"], Learner]:
    """A mini-batch at a time, by matrix products: the paper's dual form (section 2.5)."""
    check_at_least(1, "batch", batch)
    q, k, v, eta, *norm, state = _sequences(query, key, value, step, first, gain, shift, state)
    outputs, place = [], 0
    while place < q.shape[2]:
        state = _begun(state, batch)
        tokens = slice(place, place + batch - state.length % batch)
        piece = (x[:, :, tokens] for x in (q, k, v, eta))
        output, state = _learn(*piece, *norm, state=state)
        outputs.append(output)
        place = tokens.stop
    return torch.cat(outputs, dim=2).to(value.dtype), state


def _begun(state: Learner, batch: int) -> Learner:
    """The state, its gradients from now on taken where it is, if a mini-batch begins here."""
    if state.length % batch:
        return state
    return state._replace(start_weight=state.weight, start_bias=state.bias)


def _learn(
    q: Tensor, k: Tensor, v: Tensor, eta: Tensor, gain: Tensor, shift: Tensor, *, state: Learner
) -> tuple[Tensor, Learner]:
    """Some tokens of one mini-batch: their gradients, then what each finds after its own step."""
    with no_autocast(state.weight):
        unit, deviation = _standardized(k @ state.start_weight + state.start_bias)
        wrong = gain * (gain * unit + shift + k - v)
        along = unit * (wrong * unit).mean(dim=-1, keepdim=True)
        gradient = (wrong - wrong.mean(dim=-1, keepdim=True) - along) / deviation  # of xW + b
        steps = eta * gradient
        asked = q @ state.weight + state.bias - (q @ k.mT + 1).tril() @ steps
        output = q + gain * _standardized(asked)[0] + shift
        weight = state.weight - k.mT @ steps
    return output, state._replace(
        weight=weight,
        bias=state.bias - steps.sum(dim=2, keepdim=True),
        length=state.length + q.shape[2],
    )


def _standardized(x: Float[Tensor, "*N D"]) -> tuple[Float[Tensor, "*N D"], Float[Tensor, "*N 1"]]:
    """x with mean 0 and variance 1, and what it was divided by."""
    away = x - x.mean(dim=-1, keepdim=True)
    deviation = (away.square().mean(dim=-1, keepdim=True) + EPSILON).sqrt()
    return away / deviation, deviation


def _sequences(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    step: Tensor,
    first: Tensor,
    gain: Tensor,
    shift: Tensor,
    state: Learner | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Learner]:
    q, k, v, eta, weight, gain, shift = one_sequence(
        query=query,
        key=key,
        value=value,
        step=gate("step", step, key),
        first=first.unsqueeze(0),
        gain=gain[None, :, None],
        shift=shift[None, :, None],
    )
    if state is None:
        weight = weight.expand(k.shape[0], -1, -1, -1)
        bias = torch.zeros_like(weight[:, :, :1])
        state = Learner(weight, bias, weight, bias, 0)
    heads, size = tuple(k.shape[:2]), k.shape[3]
    for name, part in zip(Learner._fields[:4], state[:4], strict=True):
        rows = 1 if "bias" in name else size
        check_state(f"state.{name}", part, (*heads, rows, size), k)
    return q, k, v, eta, gain, shift, state
