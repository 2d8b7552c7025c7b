"""Gated DeltaNet: forget everything a little, then correct one thing (Yang et al., 2025).

S' = α_t S_{t−1},   S_t = S' + β_t k_t (v_t − S'ᵀk_t)ᵀ,   output_t = S_tᵀ q_t     (section 3)

The gate clears the memory at once, which the delta rule alone can't; the delta rule replaces a
single entry, which a gate alone can't. `log_decay` is log α_t ≤ 0, one per head; `write` is β_t,
from 0 (leave) over 1 (replace) to 2 (reflect). Keys should have length 1 (F.normalize). Kimi delta
attention gates each channel apart. In Qwen3-Next several value heads, with gates of their own,
share one query and key head: give query and key the fewer heads.
"""

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear import kimi_delta
from attnlib.linear._inputs import gate


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """Forget, look up, correct: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    log_decay = gate("log_decay", log_decay, key)  # one per channel is Kimi delta attention
    return kimi_delta.recurrent(query, key, value, log_decay, write, state=state)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """(QKᵀ ⊙ Γ) (I + Diag(β) KKᵀ ⊙ Γ where j < i)⁻¹ Diag(β) V, Γ_ij = α_(j+1) ⋯ α_i for j ≤ i."""
    log_decay = gate("log_decay", log_decay, key)
    return kimi_delta.parallel(query, key, value, log_decay, write, state=state)


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    write: Float[Tensor, "B Hw T"] | Float[Tensor, "B Hw T 1"],
    *,
    state: Float[Tensor, "B H D Dv"] | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Float[Tensor, "B H D Dv"]]:
    """A triangular system per chunk, the recurrence from chunk to chunk."""
    log_decay = gate("log_decay", log_decay, key)
    return kimi_delta.chunked(query, key, value, log_decay, write, state=state, chunk=chunk)
