"""Small calls of the memories that learn, regress, turn or weigh exponentially; `form` says how."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from attnlib.linear import (
    bounded_memory,
    gated_linear,
    gated_slots,
    linear_attention,
    log_linear,
    mamba,
    mamba3,
    mesa,
    mixture,
    mlstm,
    taylor,
    titans,
    ttt,
)
from course.catalogue.linear_examples import Form, Result, channel_gates, gate, unit, write

WithState = tuple[Tensor, Any]


def taylor_series(
    query: Tensor, key: Tensor, value: Tensor, form: Form = linear_attention.chunked
) -> Result:
    return form(query, key, value, feature_map=taylor.features)


def rates(states: Tensor) -> Tensor:
    """One per channel of the value and component of the state."""
    _, heads, _, size = states.shape
    return torch.linspace(0.1, 1, heads * size * size).view(heads, size, size).to(states)


def scanned(query: Tensor, key: Tensor, value: Tensor, form: Form = mamba.chunked) -> Result:
    return form(query, key, value, rates(key), F.softplus(query))


def trapezoid(query: Tensor, key: Tensor, value: Tensor, form: Form = mamba3.chunked) -> WithState:
    step, angle = F.softplus(key.mean(dim=-1)), query[..., : query.shape[-1] // 2]
    return form(query, key, value, gate(key), step, write(query), angle)


def exponential(query: Tensor, key: Tensor, value: Tensor, form: Form = mlstm.chunked) -> WithState:
    return form(query, key, value, gate(key), query.mean(dim=-1))


def regressed(query: Tensor, key: Tensor, value: Tensor, form: Form = mesa.chunked) -> WithState:
    ridge = torch.linspace(0.5, 2, key[0, :, 0].numel()).view_as(key[0, :, 0]).to(key)
    return form(query, key, value, gate(key), write(query), ridge)


def moved(query: Tensor, key: Tensor, value: Tensor, form: Form = titans.chunked) -> WithState:
    return form(query, unit(key), value, gate(key), gate(query), write(query))


def by_levels(
    query: Tensor, key: Tensor, value: Tensor, form: Form = log_linear.chunked
) -> WithState:
    shares = F.softplus(query[..., :1] - torch.arange(12).to(query))  # enough for 2048 tokens
    return form(query, key, value, gate(key), shares)


def slots(query: Tensor, key: Tensor, value: Tensor, form: Form = gated_slots.chunked) -> WithState:
    return form(query, key, value, channel_gates(key[..., :3]))


def means(
    query: Tensor, key: Tensor, value: Tensor, form: Form = bounded_memory.chunked
) -> WithState:
    return form(query, key, value, key[..., :3])


def learned(query: Tensor, key: Tensor, value: Tensor, form: Form = ttt.chunked) -> WithState:
    first = 0.5 * torch.eye(key.shape[3]).to(key).expand(key.shape[1], -1, -1)
    ones, step = torch.ones_like(key[0, :, 0]), 0.1 * write(query)
    return form(query, key, value, step, first, ones, 0 * ones, batch=4)


def mixed(query: Tensor, key: Tensor, value: Tensor, form: Form = mixture.chunked) -> Result:
    keys = torch.stack((key, key.flip(-1), -key), dim=3)
    values = torch.stack((value, value / 2, -value), dim=3)
    return form(query, keys, values, gate(key), mixture.routes(query[..., :3], count=2))


# Settings in which they are something known.


def equal_rates(query: Tensor, key: Tensor, value: Tensor) -> Result:
    rate = torch.linspace(0.1, 1, query.shape[1]).to(query)
    shared = rate[:, None, None].expand(-1, value.shape[3], key.shape[3])
    return mamba.chunked(query, key, value, shared, F.softplus(key.mean(dim=-1)))


def new_tokens_alone(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    rate = torch.linspace(0.1, 1, query.shape[1]).to(query)
    step = F.softplus(key.mean(dim=-1))
    still = torch.zeros_like(query[..., : query.shape[-1] // 2])
    log_decay = -rate[:, None] * step
    ones = torch.ones_like(step)
    return mamba3.chunked(query, key, value, log_decay, step, ones, still)[0]


def without_ridge_of_orthogonal_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Keys of right angles and a ridge of 1: H + 1 is 2 along what was seen, 1 elsewhere."""
    keys = torch.eye(key.shape[2], key.shape[3]).to(key).expand_as(key)
    ones = torch.ones_like(gate(key))
    return mesa.chunked(query, keys, value, 0 * ones, ones, torch.ones_like(key[0, :, 0]))[0]


def half_of_linear_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    keys = torch.eye(key.shape[2], key.shape[3]).to(key).expand_as(key)
    return (query @ keys.mT).tril() @ value / 2


def no_momentum(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    none = torch.full_like(gate(key), -torch.inf)
    return titans.chunked(query, unit(key), value, 0 * gate(key), none, write(query))[0]


def equal_shares(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    shares = torch.ones_like(query[..., :5])
    return log_linear.chunked(query, key, value, gate(key), shares)[0]


def gated_per_head(query: Tensor, key: Tensor, value: Tensor) -> Result:
    return gated_linear.chunked(query, key, value, gate(key))


def one_slot(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return bounded_memory.chunked(query, key, value, torch.zeros_like(key[..., :1]))[0]


def running_mean(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    count = torch.arange(1, value.shape[2] + 1).to(value)
    return value.cumsum(dim=2) / count.unsqueeze(-1)


def one_gated_slot(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return gated_slots.chunked(query, key, value, gate(key).unsqueeze(-1))[0]


def gated_mean(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Of one slot nothing can be chosen: keys of 1 − α, asked by a query of 1."""
    log_decay = gate(key)
    taken = -torch.expm1(log_decay).unsqueeze(-1)
    return gated_linear.chunked(torch.ones_like(taken), taken, value, log_decay)[0]


def nothing_learned(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    first = 0.5 * torch.eye(key.shape[3]).to(key).expand(key.shape[1], -1, -1)
    ones, step = torch.ones_like(key[0, :, 0]), torch.zeros_like(query[..., 0])
    return ttt.chunked(query, key, value, step, first, ones, 0 * ones)[0]


def normed_query(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return query + F.layer_norm(query / 2, query.shape[-1:], eps=ttt.EPSILON)


def one_memory(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    route = torch.ones_like(query[..., :1])
    return mixture.chunked(query, key.unsqueeze(3), value.unsqueeze(3), gate(key), route)[0]
