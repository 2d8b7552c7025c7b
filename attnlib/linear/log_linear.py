"""Log-linear attention: a state for the last token, the last two, four, … (Guo et al., 2025).

output_i = Σ_{j ≤ i} λ_i^(ℓ) (α_{j+1} ⋯ α_i) (q_i·k_j) v_j,   ℓ = number of bits of (i xor j)

A state of fixed size forgets; a cache of all tokens grows. Between them stand log₂ T states: level
0 is the token itself, level ℓ a stretch of 2^(ℓ−1) tokens, the nearer the finer, as in a Fenwick
tree. Each token says by its `shares` λ (B, H, T, L), usually positive, how much it wants from every
level. `log_decay` is log α_t ≤ 0, one per head and token. L levels reach 2^(L−1) tokens. Equal
shares are gated linear attention. The state is a `Fenwick`.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.linear._chunks import chunk_by_chunk, from_start, pairwise_scores, to_end
from attnlib.linear._inputs import check_state, gate, one_sequence


class Fenwick(NamedTuple):
    """The state: a memory per level, and how many tokens there were."""

    levels: Float[Tensor, "B H L D Dv"]
    length: int


@checked
def recurrent(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    shares: Float[Tensor, "B Hs T L"],
    *,
    state: Fenwick | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Fenwick]:
    """Fade all levels, merge those that are full, start a new one: token by token.

    Raises what every form here does, see `attnlib.linear`.
    """
    sequences = _sequences(query, key, value, log_decay, shares)
    levels, count = _start_from(state, *sequences[1:3], shares=sequences[4])
    outputs = []
    for q, k, v, g, share in zip(*(x.unbind(2) for x in sequences), strict=True):
        levels = g.exp()[..., None, None] * levels
        full = (count & -count).bit_length()  # levels 0 … full − 1 become one; of no token, none
        merged = levels[:, :, :full].sum(dim=2, keepdim=True)
        new = (k.unsqueeze(-1) * v.unsqueeze(-2)).unsqueeze(2)
        if full:
            empty = torch.zeros_like(levels[:, :, 1:full])
            levels = torch.cat((new, empty, merged, levels[:, :, full + 1 :]), dim=2)
        else:
            levels = torch.cat((new, levels[:, :, 1:]), dim=2)
        count += 1
        outputs.append(torch.einsum("bhl,bhd,bhldv->bhv", share, q, levels))
    return torch.stack(outputs, dim=2).to(value.dtype), Fenwick(levels, count)


@checked
def parallel(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    shares: Float[Tensor, "B Hs T L"],
    *,
    state: Fenwick | None = None,
) -> tuple[Float[Tensor, "B H T Dv"], Fenwick]:
    """All pairs at once, each with the share of its level: memory T²."""
    sequences = _sequences(query, key, value, log_decay, shares)
    start = _start_from(state, *sequences[1:3], shares=sequences[4])
    output, last = _parallel(*sequences, state=start)
    return output.to(value.dtype), last


@checked
def chunked(
    query: Float[Tensor, "B Hq T D"],
    key: Float[Tensor, "B Hk T D"],
    value: Float[Tensor, "B Hv T Dv"],
    log_decay: Float[Tensor, "B Hg T"] | Float[Tensor, "B Hg T 1"],
    shares: Float[Tensor, "B Hs T L"],
    *,
    state: Fenwick | None = None,
    chunk: int = 64,
) -> tuple[Float[Tensor, "B H T Dv"], Fenwick]:
    """The parallel form chunk by chunk: inside a chunk by pairs, before it by levels."""
    sequences = _sequences(query, key, value, log_decay, shares)
    last = _start_from(state, *sequences[1:3], shares=sequences[4])
    output, last = chunk_by_chunk(_parallel, sequences, last, chunk)
    return output.to(value.dtype), last


def _parallel(
    q: Tensor, k: Tensor, v: Tensor, g: Tensor, shares: Tensor, *, state: Fenwick
) -> tuple[Tensor, Fenwick]:
    before, count = state.length, state.length + q.shape[2]
    place = torch.arange(before, count, device=q.device)
    level = _bits(place.unsqueeze(-1) ^ place)  # (T, T)
    share = shares.gather(-1, level.expand(*q.shape[:2], -1, -1))
    output = (pairwise_scores(q, k, g) * share) @ v

    old = torch.arange(shares.shape[-1], device=q.device)  # what level ℓ of the state is by now:
    moved = torch.maximum(_bits(place ^ max(before - 1, 0)).unsqueeze(-1), old)  # (T, L)
    share = shares.gather(-1, moved.expand(*q.shape[:2], -1, -1))
    asked = q * from_start(g)
    output = output + torch.einsum("bhtl,bhtd,bhldv->bhtv", share, asked, state.levels)

    into = torch.nn.functional.one_hot(level[-1], shares.shape[-1]).to(q)  # (T, L)
    added = torch.einsum("tl,bhtd,bhtv->bhldv", into, k * to_end(g), v)
    into = torch.nn.functional.one_hot(moved[-1], shares.shape[-1]).to(q)  # (L, L)
    kept = torch.einsum("ml,bhmdv->bhldv", into, state.levels)
    kept = from_start(g)[:, :, -1, :, None, None] * kept
    return output, Fenwick(kept + added, count)


def _bits(numbers: Tensor) -> Tensor:
    """How many binary digits each has: 0 has none, 1 one, 2 and 3 two."""
    return numbers.double().frexp().exponent.long()


def _sequences(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, shares: Tensor
) -> tuple[Tensor, ...]:
    if shares.shape[3] == 0:
        raise ValueError("shares must have at least one level, got 0")
    log_decay = gate("log_decay", log_decay, key)
    return one_sequence(query=query, key=key, value=value, log_decay=log_decay, shares=shares)


def _start_from(state: Fenwick | None, key: Tensor, value: Tensor, *, shares: Tensor) -> Fenwick:
    levels = shares.shape[-1]
    shape = (*key.shape[:2], levels, key.shape[3], value.shape[3])
    if state is None:
        state = Fenwick(key.new_zeros(shape), 0)
    check_state("state.levels", state.levels, shape, key)
    reached = state.length + key.shape[2]
    if reached > 2 ** (levels - 1):
        raise ValueError(
            f"shares have {levels} levels, enough for {2 ** (levels - 1)} tokens, "
            f"but the sequence reaches {reached}"
        )
    return state
