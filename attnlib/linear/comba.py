"""Comba: the delta rule as a control loop, with feedback from state and output (Hu et al., 2025).

S' = α_t S_{t−1},   S_t = S' + β_t k_t (v_t − f S'ᵀk_t)ᵀ,   output_t = S_tᵀ(q_t − d k_t)

What the memory answers to k_t is fed back with the strength f, the `feedback`, at most 1: so less
is erased than is written, and the state stays stable. The `correction` d takes from the query
what it shares with the newest key. Both are learned numbers, one per head. `log_decay` is
log α_t ≤ 0 and `write` is β_t from 0 to 2, both one per head and token. With f = 1 and d = 0 it is
Gated DeltaNet. Keys should have length 1 (F.normalize).
"""

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import _delta_rule
from attnlib.linear._chunks import check_chunk
from attnlib.linear._inputs import check_range, gate, one_sequence, start_from


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    feedback: Float[Tensor, " Hf"],
    correction: Float[Tensor, " Hc"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Forget, look up, correct by what is fed back: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay, write, feedback, correction)
    state = start_from(state, *sequences[1:3])
    output, state = _delta_rule.recurrent(*sequences, state=state)
    return output.to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    feedback: Float[Tensor, " Hf"],
    correction: Float[Tensor, " Hc"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """The triangular system of the delta rule, over the whole sequence: time T³, memory T²."""
    sequences = _sequences(query, key, value, log_decay, write, feedback, correction)
    state = start_from(state, *sequences[1:3])
    output, state = _delta_rule.parallel(*sequences, state=state)
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    feedback: Float[Tensor, " Hf"],
    correction: Float[Tensor, " Hc"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk of a power of two, the recurrence from chunk to chunk."""
    check_chunk(chunk)
    sequences = _sequences(query, key, value, log_decay, write, feedback, correction)
    state = start_from(state, *sequences[1:3])
    output, state = _delta_rule.chunked(*sequences, state=state, chunk=chunk)
    return output.to(value.dtype), state


def _sequences(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    log_decay: Tensor,
    write: Tensor,
    feedback: Tensor,
    correction: Tensor,
) -> tuple[Tensor, ...]:
    """Corrected query, key, what is written, what reads, and the log decay, all of equal heads."""
    check_range("feedback", feedback)
    q, k, v, g, beta, f, d = one_sequence(
        query=query,
        key=key,
        value=value,
        log_decay=gate("log_decay", log_decay, key),
        write=gate("write", write, key),
        feedback=feedback[None, :, None, None],
        correction=correction[None, :, None, None],
    )
    return q - d * k, k, beta * v, beta * f * k, g
