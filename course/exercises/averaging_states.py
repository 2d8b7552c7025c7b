"""Chapter 17: linear attention with a denominator that knows the future, from code with a bug."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def averaged(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    q, k = nn.functional.elu(query) + 1, nn.functional.elu(key) + 1
    state = torch.zeros(key.shape[1], value.shape[1]).to(key)
    total = torch.zeros(key.shape[1]).to(key)
    outputs = []
    for q_t, k_t, v_t in zip(q, k, value, strict=True):
        state = state + torch.outer(k_t, v_t)
        total = total + k_t
        outputs.append(q_t @ state / (q_t @ total))
    return torch.stack(outputs)


def _fits(query: Tensor, key: Tensor) -> Tensor:
    """φ(q)·φ(k) of every pair, those of the future too."""
    return (nn.functional.elu(query) + 1) @ (nn.functional.elu(key) + 1).T


def _texts(draw: Draw) -> Sequence[Inputs]:
    sizes = (5, 3, 2), (3, 4, 4), (1, 2, 3), (6, 2, 2)
    return [
        (draw.normal(length, d), draw.normal(length, d), draw.normal(length, wide))
        for length, d, wide in sizes
    ]


AVERAGED = in_code(
    averaged,
    _texts,
    known={
        "this is still the code as given. Change the last token: which outputs change with it?": (
            lambda query, key, value: (
                _fits(query, key).tril() @ value / _fits(query, key).sum(dim=1, keepdim=True)
            )
        ),
        "now nothing is divided by: the outputs grow with the number of tokens.": (
            lambda query, key, value: _fits(query, key).tril() @ value
        ),
        "this is divided by how many tokens there were, not by the sum of their weights.": (
            lambda query, key, value: (
                _fits(query, key).tril() @ value / torch.arange(1, len(key) + 1)[:, None]
            )
        ),
        "`total` is one token late: add φ(k) before you read.": lambda query, key, value: (
            _fits(query, key).tril() @ value / _fits(query, key).tril(-1).sum(dim=1, keepdim=True)
        ),
        "`total` holds the newest key alone: add φ(k) to it.": lambda query, key, value: (
            _fits(query, key).tril() @ value / _fits(query, key).diagonal()[:, None]
        ),
        "every token sees all of them now: the sum above the line must stay causal too.": (
            lambda query, key, value: (
                _fits(query, key) @ value / _fits(query, key).sum(dim=1, keepdim=True)
            )
        ),
        "`total` sums the keys as they are: φ(k) is what the query meets.": (
            lambda query, key, value: (
                _fits(query, key).tril()
                @ value
                / ((nn.functional.elu(query) + 1) * key.cumsum(dim=0)).sum(dim=1, keepdim=True)
            )
        ),
    },
    shape="a row per token, as wide as a value",
    axes=("token", "channel"),
    advice="not this: output t is the mean of the values up to t, weighted by φ(q)·φ(k).",
    also={
        "the mean of the values up to t": lambda query, key, value: averaged(query, key, -value),
    },
    praise="A sum over all keys is of the future too. The state carries both sums along.",
)
