"""Small calls of the recurrent forms; `form` says in which form."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from attnlib import Weighed
from attnlib.linear import (
    attention_free,
    cosformer,
    delta,
    gated_delta,
    gated_linear,
    kimi_delta,
    linear_attention,
    retention,
    rwkv,
    rwkv6,
    state_space,
)
from attnlib.linear.cosformer import Progress
from attnlib.linear.rwkv import Average
from attnlib.masks import Causal

Form = Callable[..., tuple[Tensor, Any]]
Result = tuple[Tensor, Tensor]

# The gates below come from key and value; a layer makes them from the token by a projection.


def channel_gates(key: Tensor) -> Tensor:
    return F.logsigmoid(key + 1)


def gate(key: Tensor) -> Tensor:
    return F.logsigmoid(key.mean(dim=-1) + 1)


def write(query: Tensor) -> Tensor:
    return query.mean(dim=-1).sigmoid()


def unit(key: Tensor) -> Tensor:
    return F.normalize(key, dim=-1)


def linear(
    query: Tensor, key: Tensor, value: Tensor, form: Form = linear_attention.chunked
) -> Result:
    return form(query, key, value)


def linear_full(query: Tensor, key: Tensor, value: Tensor) -> Result:
    return linear_attention.full(query, key, value)


def retained(query: Tensor, key: Tensor, value: Tensor, form: Form = retention.chunked) -> Result:
    return form(query, key, value, retention.decays(query.shape[1]).to(query))


def channel_gated(
    query: Tensor, key: Tensor, value: Tensor, form: Form = gated_linear.chunked
) -> Result:
    return form(query, key, value, channel_gates(key))


def selective(
    query: Tensor, key: Tensor, value: Tensor, form: Form = state_space.chunked
) -> Result:
    rate = torch.linspace(0.1, 1, query.shape[1]).to(query)
    return form(query, key, value, rate, F.softplus(key.mean(dim=-1)))


def delta_rule(query: Tensor, key: Tensor, value: Tensor, form: Form = delta.chunked) -> Result:
    return form(query, unit(key), value, write(query))


def gated_delta_rule(
    query: Tensor, key: Tensor, value: Tensor, form: Form = gated_delta.chunked
) -> Result:
    return form(query, unit(key), value, gate(key), write(query))


def kimi(query: Tensor, key: Tensor, value: Tensor, form: Form = kimi_delta.chunked) -> Result:
    return form(query, unit(key), value, channel_gates(key), write(query))


def time_mixing(
    query: Tensor, key: Tensor, value: Tensor, form: Form = rwkv.chunked
) -> tuple[Tensor, Average]:
    rate = torch.linspace(0.1, 2, key[0, :, 0].numel()).view_as(key[0, :, 0]).to(key)
    return form(query, key, value, rate, 1 - rate)


def finch(query: Tensor, key: Tensor, value: Tensor, form: Form = rwkv6.chunked) -> Result:
    bonus = torch.linspace(0.1, 2, key[0, :, 0].numel()).view_as(key[0, :, 0]).to(key)
    return form(query, key, value, channel_gates(key), bonus)


def attention_free_full(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    bias = torch.randn(1, 1, query.shape[2], key.shape[2]).to(query)
    return attention_free.full(query, key, value, bias=bias)


def attention_free_local(query: Tensor, key: Tensor, value: Tensor, width: int = 2) -> Weighed:
    bias = torch.randn(1, 1, query.shape[2], key.shape[2]).to(query)
    return attention_free.full(query, key, value, bias=attention_free.local_bias(bias, width))


def attention_free_simple(
    query: Tensor, key: Tensor, value: Tensor, form: Form = attention_free.chunked
) -> tuple[Tensor, Average]:
    return form(query, key, value)


def cosine(query: Tensor, key: Tensor, value: Tensor, form: Form = cosformer.chunked) -> Result:
    return form(query, key, value, horizon=64)


def cosine_full(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Progress]:
    return cosformer.full(query, key, value, horizon=64)


# Settings in which they are something known.


def without_denominator(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT).tril() @ value


def retained_forever(query: Tensor, key: Tensor, value: Tensor) -> Result:
    return retention.chunked(query, key, value, query.new_ones(query.shape[1]))


def fixed_gate(query: Tensor, key: Tensor, value: Tensor) -> Result:
    log_decay = retention.decays(query.shape[1]).to(query).log()
    return gated_linear.chunked(query, key, value, log_decay[:, None, None].expand_as(key))


def equal_steps(query: Tensor, key: Tensor, value: Tensor) -> Result:
    rate = -retention.decays(query.shape[1]).to(query).log()
    return state_space.chunked(query, key, value, rate, torch.ones_like(key[..., 0]))


def open_gate(query: Tensor, key: Tensor, value: Tensor) -> Result:
    log_decay = torch.zeros_like(gate(key))
    return gated_delta.chunked(query, unit(key), value, log_decay, write(query))


def one_gate(query: Tensor, key: Tensor, value: Tensor) -> Result:
    log_decay = gate(key).unsqueeze(-1).expand_as(key)
    return kimi_delta.chunked(query, unit(key), value, log_decay, write(query))


def nothing_fades(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Average]:
    zero = torch.zeros_like(key[0, :, 0])
    return rwkv.chunked(query, key, value, zero, zero)


def no_bias(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    bias = query.new_zeros(1, 1, 1, 1)
    return attention_free.full(query, key, value, bias=bias, mask=Causal())


def widest(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return attention_free_local(query, key, value, width=key.shape[2])


def far_horizon(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Progress]:
    return cosformer.full(query, key, value, horizon=10**9)


def rectified(query: Tensor, key: Tensor, value: Tensor) -> Result:
    return linear_attention.full(query, key, value, feature_map=torch.relu)


def finch_without_itself(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    bonus = torch.zeros_like(key[0, :, 0])
    output, _ = rwkv6.chunked(query, key, value, channel_gates(key), bonus)
    return output


def gated_before_itself(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Gated linear attention that each query asks one token earlier."""
    after = F.pad(query[:, :, 1:], (0, 0, 0, 1))
    output, _ = gated_linear.chunked(after, key, value, channel_gates(key))
    return F.pad(output[:, :, :-1], (0, 0, 1, 0))
