"""Gated DeltaNet-2: what is erased and what is written are two choices (Hatamizadeh et al., 2026).

S' = Diag(α_t) S_{t−1},   S_t = S' + k_t (w_t ⊙ v_t − S'ᵀ(b_t ⊙ k_t))ᵀ,   output_t = S_tᵀ q_t

The delta rule's β says both how much of the old is taken out and how much of the new is put in.
Here `erase` is b_t, one per channel of the key, and `write` is w_t, one per channel of the value,
each from 0 to 2; `log_decay` is log α_t ≤ 0, one per channel of the key. Any of them may also be
one per head. With b = w = β it is Kimi delta attention; with one decay per head besides, Gated
DeltaNet. Keys should have length 1 (F.normalize).
"""

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import _delta_rule
from attnlib.linear._chunks import check_chunk
from attnlib.linear._inputs import gate, one_sequence, start_from


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    erase: Float[Tensor, "B He T"] | Float[Tensor, "B He T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #Dv"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Forget, erase, write: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay, erase, write)
    state = start_from(state, *sequences[1:3])
    output, state = _delta_rule.recurrent(*sequences, state=state)
    return output.to(value.dtype), state


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    erase: Float[Tensor, "B He T"] | Float[Tensor, "B He T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #Dv"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """The triangular system of the delta rule, its rows read with b ⊙ k: time T³, memory T² · D."""
    sequences = _sequences(query, key, value, log_decay, erase, write)
    state = start_from(state, *sequences[1:3])
    output, state = _delta_rule.parallel(*sequences, state=state)
    return output.to(value.dtype), state


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T #D"],
    erase: Float[Tensor, "B He T"] | Float[Tensor, "B He T #D"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T #Dv"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk of a power of two, the recurrence from chunk to chunk."""
    check_chunk(chunk)
    sequences = _sequences(query, key, value, log_decay, erase, write)
    state = start_from(state, *sequences[1:3])
    output, state = _delta_rule.chunked(*sequences, state=state, chunk=chunk)
    return output.to(value.dtype), state


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, erase: Tensor, write: Tensor
) -> tuple[Tensor, ...]:
    """Query, key, what is written, what reads, and the log decay, all of equal heads."""
    q, k, v, g, b, w = one_sequence(
        query=query,
        key=key,
        value=value,
        log_decay=gate("log_decay", log_decay, key, per_channel=True),
        erase=gate("erase", erase, key, per_channel=True),
        write=gate("write", write, value, per_channel=True),
    )
    return q, k, w * v, b * k, g
