"""Small calls of the recurrent forms that correct what they stored; `form` says in which form."""

import torch
from torch import Tensor

from attnlib.linear import comba, delta_product, gated_delta_2, kimi_delta, rwkv7
from course.catalogue.linear_examples import Form, Result, channel_gates, gate, unit, write


def channel_writes(states: Tensor) -> Tensor:
    return states.sigmoid()


def erased_and_written(
    query: Tensor, key: Tensor, value: Tensor, form: Form = gated_delta_2.chunked
) -> Result:
    k = unit(key)
    return form(query, k, value, channel_gates(key), channel_writes(key), channel_writes(query))


def controlled(query: Tensor, key: Tensor, value: Tensor, form: Form = comba.chunked) -> Result:
    feedback = torch.linspace(0.5, 1, query.shape[1]).to(query)
    return form(query, unit(key), value, gate(key), write(query), feedback, 0.1 * feedback)


def two_steps(
    query: Tensor, key: Tensor, value: Tensor, form: Form = delta_product.chunked
) -> Result:
    keys = torch.stack((unit(key), unit(key.flip(-1))), dim=3)
    values = torch.stack((value, value / 2), dim=3)
    return form(query, keys, values, gate(key), write(query))


def goose(query: Tensor, key: Tensor, value: Tensor, form: Form = rwkv7.chunked) -> Result:
    removal = unit(key.flip(-1))
    return form(query, key, value, removal, channel_gates(key), channel_writes(query))


# Settings in which they are something known.


def one_gate_for_both(query: Tensor, key: Tensor, value: Tensor) -> Result:
    beta = write(query)
    return gated_delta_2.chunked(query, unit(key), value, channel_gates(key), beta, beta)


def uncontrolled(query: Tensor, key: Tensor, value: Tensor) -> Result:
    ones = query.new_ones(query.shape[1])
    return comba.chunked(query, unit(key), value, gate(key), write(query), ones, 0 * ones)


def one_step(query: Tensor, key: Tensor, value: Tensor) -> Result:
    return delta_product.chunked(
        query, unit(key).unsqueeze(3), value.unsqueeze(3), gate(key), write(query)
    )


def nothing_removed(query: Tensor, key: Tensor, value: Tensor) -> Result:
    none = torch.zeros_like(write(query))
    return rwkv7.chunked(query, key, value, unit(key), channel_gates(key), none)


def removed_by_the_key(query: Tensor, key: Tensor, value: Tensor) -> Result:
    """The read of RWKV-7 does not fade: where nothing does, that tells no difference."""
    beta = write(query)
    kept = torch.zeros_like(beta)
    return rwkv7.chunked(query, unit(key), beta.unsqueeze(-1) * value, unit(key), kept, beta)


def nothing_forgotten(query: Tensor, key: Tensor, value: Tensor) -> Result:
    beta = write(query)
    return kimi_delta.chunked(query, unit(key), value, torch.zeros_like(beta), beta)
