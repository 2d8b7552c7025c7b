"""Mamba's selective scan: every channel of the value has a state of its own (Gu & Dao, 2023).

h_t,c = exp(−Δ_tc a_c) ⊙ h_{t−1},c + Δ_tc B_t x_tc,   y_tc = C_tᵀ h_t,c     (section 3)

C is `query`, B is `key`, x is `value`. The `rate` a ≥ 0 (H, Dv, D) belongs to the layer, one number
per channel and component of the state; the `step` Δ ≥ 0 (B, H, T, Dv) comes from the token. Since
each channel fades in its own way, no matrix of weights holds for all: this is what Mamba-2 gave up,
with one rate and one step per head. Convolution, skip, gate and norm belong to the block around it.
"""

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import gated_linear
from attnlib.linear._effective_weights import weighs_each_channel
from attnlib.linear._inputs import check_range, gate, one_sequence, start_from


@weighs_each_channel
@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    rate: Float[Tensor, "Hg Dv D"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #Dv"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """h ← exp(−Δa) ⊙ h + Δ B x, token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    q, k, v, g, start = _channels(query, key, value, rate, step, state)
    output, last = gated_linear.recurrent(q, k, v, g, state=start)
    return _output(output, value), _state(last, value)


@weighs_each_channel
@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    rate: Float[Tensor, "Hg Dv D"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #Dv"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """All pairs at once, for every channel; memory T² · D · Dv."""
    q, k, v, g, start = _channels(query, key, value, rate, step, state)
    output, last = gated_linear.parallel(q, k, v, g, state=start)
    return _output(output, value), _state(last, value)


@weighs_each_channel
@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    rate: Float[Tensor, "Hg Dv D"],
    step: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #Dv"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Gated linear attention in chunks, one head per channel of the value."""
    q, k, v, g, start = _channels(query, key, value, rate, step, state)
    output, last = gated_linear.chunked(q, k, v, g, state=start, chunk=chunk)
    return _output(output, value), _state(last, value)


def _channels(
    query: Tensor, key: Tensor, value: Tensor, rate: Tensor, step: Tensor, state: Tensor | None
) -> tuple[Tensor, ...]:
    """Every channel of the value as a head of its own: C, B, Δx, −Δa and the state."""
    check_range("rate", rate)
    q, k, v, a, d = one_sequence(
        query=query,
        key=key,
        value=value,
        rate=rate.unsqueeze(0),
        step=gate("step", step, value, per_channel=True),
    )
    start = start_from(state, k, v)
    channels = v.shape[3]
    q, k = (x.repeat_interleave(channels, dim=1) for x in (q, k))
    d = d.expand_as(v).mT  # (B, H, Dv, T)
    log_decay = -a.unsqueeze(3) * d.unsqueeze(4)  # (B, H, Dv, T, D)
    written = (v.mT * d).flatten(1, 2).unsqueeze(-1)
    return q, k, written, log_decay.flatten(1, 2), start.mT.flatten(1, 2).unsqueeze(-1)


def _output(channels: Tensor, value: Tensor) -> Float[Tensor, "B H T Dv"]:
    return channels.squeeze(-1).unflatten(1, (-1, value.shape[3])).mT.to(value.dtype)


def _state(channels: Tensor, value: Tensor) -> Float[Tensor, "B H D Dv"]:
    return channels.squeeze(-1).unflatten(1, (-1, value.shape[3])).mT
