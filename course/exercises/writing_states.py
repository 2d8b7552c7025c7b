"""Chapter 17: a state written by a sum with decay, and by the delta rule; both from nothing."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def retained(query: Tensor, key: Tensor, value: Tensor, decay: float) -> Tensor:
    state = torch.zeros(key.shape[1], value.shape[1]).to(key)
    outputs = []
    for q, k, v in zip(query, key, value, strict=True):
        state = decay * state + torch.outer(k, v)
        outputs.append(q @ state)
    return torch.stack(outputs)


def _weighed(
    query: Tensor, key: Tensor, value: Tensor, decay: float, *, late: int = 0, itself: int = 0
) -> Tensor:
    """The parallel form, with the decay's distance `late` too long, the diagonal from `itself`."""
    place = torch.arange(len(query))
    distance = (place[:, None] - place + late).clamp(min=0)
    return ((query @ key.T) * decay**distance).tril(itself) @ value


def _sequences(draw: Draw) -> Sequence[Inputs]:
    sizes = (5, 3, 2), (4, 2, 4), (1, 3, 3), (7, 4, 2)
    decays = 0.9, 0.5, 0.7, 1.0
    return [
        (draw.normal(length, d), draw.normal(length, d), draw.normal(length, wide), decay)
        for (length, d, wide), decay in zip(sizes, decays, strict=True)
    ]


RETAINED = in_code(
    retained,
    _sequences,
    known={
        "the decay comes after the write: the token now written is faded as well.": (
            lambda query, key, value, decay: decay * retained(query, key, value, decay)
        ),
        "you read before you write: a token does not find itself.": (
            lambda query, key, value, decay: _weighed(query, key, value, decay, late=-1, itself=-1)
        ),
        "nothing fades: multiply the state by `decay` before each write.": (
            lambda query, key, value, decay: retained(query, key, value, 1.0)
        ),
        "the state is overwritten and not added to: only the newest token is in it.": (
            lambda query, key, value, decay: (query * key).sum(dim=1, keepdim=True) * value
        ),
        "every token sees the whole sequence: read the state in the loop, not after it.": (
            lambda query, key, value, decay: (
                query @ (key.T * decay ** torch.arange(len(key)).flip(0)) @ value
            )
        ),
        "the state fades twice per token: multiply it by `decay` once.": (
            lambda query, key, value, decay: retained(query, key, value, decay**2)
        ),
        "the new token is scaled by 1 − decay, as in a moving average: here it is added whole.": (
            lambda query, key, value, decay: (1 - decay) * retained(query, key, value, decay)
        ),
        "there is a 1/√D in it: these sums have none.": (
            lambda query, key, value, decay: (
                retained(query, key, value, decay) / key.shape[1] ** 0.5
            )
        ),
        "this is divided by the sum of the weights; retention has no denominator.": (
            lambda query, key, value, decay: (
                _weighed(query, key, value, decay)
                / _weighed(query, key, torch.ones_like(value[:, :1]), decay)
            )
        ),
    },
    shape="a row per token, as wide as a value",
    axes=("token", "channel"),
    advice="not this. Per token: fade the state, add k vᵀ, then read it with q.",
    also={
        "fade the state, add k vᵀ": lambda query, key, value, decay: retained(
            query, key, value.flip(0), decay
        ),
        "the shape is": lambda query, key, value, decay: retained(query, key, value, decay)[-1],
    },
    praise="A loop with a state of D × Dv numbers, however long the text.",
)


def delta_chunk(key: Tensor, value: Tensor, write: Tensor, state: Tensor) -> Tensor:
    system = torch.eye(len(key)).to(key) + write[:, None] * (key @ key.T).tril(-1)
    wanted = write[:, None] * (value - key @ state)
    corrections = torch.linalg.solve_triangular(system, wanted, upper=False)
    return state + key.T @ corrections


def _by_loop(
    key: Tensor, value: Tensor, write: Tensor, state: Tensor, look: Tensor | None = None
) -> Tensor:
    """Token by token; where `look` is given, what is stored is looked up in it all the while."""
    for k, v, beta in zip(key, value, write, strict=True):
        stored = k @ (state if look is None else look)
        state = state + torch.outer(k, beta * (v - stored))
    return state


def _solved(key: Tensor, value: Tensor, write: Tensor, state: Tensor, among: Tensor) -> Tensor:
    system = torch.eye(len(key)).to(key) + among
    return state + key.T @ torch.linalg.solve(system, write[:, None] * (value - key @ state))


def _chunks(draw: Draw) -> Sequence[Inputs]:
    sizes = (4, 3, 2), (3, 2, 4), (6, 4, 3), (1, 3, 2)
    return [
        (
            torch.nn.functional.normalize(draw.normal(length, d), dim=1),
            draw.normal(length, wide),
            0.2 + 0.7 * draw.uniform(length),
            draw.normal(d, wide),
        )
        for length, d, wide in sizes
    ]


DELTA_CHUNK = in_code(
    delta_chunk,
    _chunks,
    known={
        "every token looks into the state before the chunk: it must see what the tokens before it "
        "in the chunk have written. That is what the triangular system is for.": (
            lambda key, value, write, state: _by_loop(key, value, write, state, state)
        ),
        "the state before the chunk is looked up by nobody: it belongs in what is wanted, "
        "V − K S.": lambda key, value, write, state: (
            state + delta_chunk(key, value, write, torch.zeros_like(state))
        ),
        "the state before the chunk is missing from the sum: S + Kᵀ U.": (
            lambda key, value, write, state: delta_chunk(key, value, write, state) - state
        ),
        "this is linear attention: nothing is erased before it is written.": (
            lambda key, value, write, state: state + key.T @ (write[:, None] * value)
        ),
        "the system is not triangular: a token sees those before it, j < i, so take .tril(-1).": (
            lambda key, value, write, state: _solved(
                key, value, write, state, write[:, None] * (key @ key.T)
            )
        ),
        "the diagonal is in it twice: I stands there already, so take .tril(-1), not .tril().": (
            lambda key, value, write, state: _solved(
                key, value, write, state, write[:, None] * (key @ key.T).tril()
            )
        ),
        "the tokens look at those after them: below the diagonal, .tril(-1), is the past.": (
            lambda key, value, write, state: _solved(
                key, value, write, state, write[:, None] * (key @ key.T).triu(1)
            )
        ),
        "β scales the columns of the system; it belongs to the token that writes, a row.": (
            lambda key, value, write, state: _solved(
                key, value, write, state, write * (key @ key.T).tril(-1)
            )
        ),
        "β is missing from the system: what a token writes is β times its correction.": (
            lambda key, value, write, state: _solved(
                key, value, write, state, (key @ key.T).tril(-1)
            )
        ),
        "the sign: I + β K Kᵀ below the diagonal. What was written is subtracted on the left.": (
            lambda key, value, write, state: _solved(
                key, value, write, state, -write[:, None] * (key @ key.T).tril(-1)
            )
        ),
        "`write` is not used: every token replaces the whole of what is stored.": (
            lambda key, value, write, state: delta_chunk(key, value, torch.ones_like(write), state)
        ),
    },
    shape="a state: a row per channel of the key, a column per channel of the value",
    axes=("row", "column"),
    advice="not this. Solve (I + β K Kᵀ below the diagonal) U = β (V − K S), then S + Kᵀ U.",
    also={
        "Solve (I + β K Kᵀ": lambda key, value, write, state: delta_chunk(
            key, value.flip(0), write, state
        ),
        "the shape is": lambda key, value, write, state: delta_chunk(key, value, write, state).T,
    },
    praise="One triangular system in place of the loop: that is how DeltaNet is trained.",
)
