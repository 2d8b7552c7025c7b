"""What the tests of the recurrences share: the mechanisms, and small inputs for each."""

import pytest
import torch
import torch.nn.functional as F

from attnlib.linear import (
    attention_free,
    bounded_memory,
    comba,
    cosformer,
    delta,
    gated_delta,
    gated_delta_2,
    gated_linear,
    kimi_delta,
    linear_attention,
    mamba,
    mamba3,
    mesa,
    mlstm,
    performer,
    retention,
    rwkv,
    rwkv6,
    rwkv7,
    state_space,
    titans,
)
from attnlib.linear.performer import random_directions

B, H, D = 2, 2, 4
EXACT = {"rtol": 1e-9, "atol": 1e-10}
MECHANISMS = [
    linear_attention,
    retention,
    gated_linear,
    state_space,
    delta,
    gated_delta,
    kimi_delta,
    rwkv,
    cosformer,
    performer,
    attention_free,
    gated_delta_2,
    comba,
    rwkv6,
    rwkv7,
    mamba,
    mamba3,
    mlstm,
    mesa,
    titans,
    bounded_memory,
]
DATA = {"query", "key", "value", "removal", "angle", "control"}
every = pytest.mark.parametrize(
    "mechanism", MECHANISMS, ids=lambda m: m.__name__.rpartition(".")[2]
)


def inputs(mechanism, length, seed=0, dtype=torch.float64):
    """Query, key, value and what else there is for each token; and what there is once."""
    source = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64).to(dtype)

    query, key, value = (random(B, H, length, D) for _ in range(3))
    key = F.normalize(key, dim=-1)
    write, per_head = random(B, H, length).sigmoid(), torch.tensor([0.5, 1.0], dtype=dtype)
    gate, gates = F.logsigmoid(random(B, H, length)), F.logsigmoid(random(B, H, length, D))
    per_channel = per_head[:, None].expand(H, D)
    by_token, once = {
        linear_attention: ({}, {}),
        retention: ({}, {"decay": per_head}),
        gated_linear: ({"log_decay": gates}, {}),
        state_space: ({"step": write}, {"rate": per_head}),
        delta: ({"write": write}, {}),
        gated_delta: ({"log_decay": gate, "write": write}, {}),
        kimi_delta: ({"log_decay": gates, "write": write}, {}),
        rwkv: ({}, {"rate": per_channel, "bonus": per_channel}),
        cosformer: ({}, {"horizon": 64}),
        performer: ({}, {"directions": random_directions(5, D, generator=source).to(dtype)}),
        attention_free: ({}, {}),
        gated_delta_2: ({"log_decay": gates, "erase": gates.exp(), "write": write}, {}),
        comba: (
            {"log_decay": gate, "write": write},
            {"feedback": per_head, "correction": per_head},
        ),
        mamba: ({"step": gates.exp()}, {"rate": per_channel.unsqueeze(-1).expand(H, D, D)}),
        mamba3: (
            {"log_decay": gate, "step": write, "blend": write, "angle": query[..., : D // 2]},
            {},
        ),
        mlstm: ({"log_decay": gate, "log_write": 3 * gate + 2}, {}),
        mesa: ({"log_decay": gate, "write": write}, {"ridge": per_channel}),
        titans: ({"log_decay": gate, "log_momentum": 2 * gate, "write": write}, {}),
        bounded_memory: ({"control": query[..., :3]}, {}),
        rwkv6: ({"log_decay": gates}, {"bonus": per_channel}),
        rwkv7: ({"removal": key, "log_decay": gates, "write": gates.exp()}, {}),
    }[mechanism]
    return {"query": query, "key": key, "value": value, **by_token}, once


def cut(tokens, piece):
    return {name: states[:, :, piece] for name, states in tokens.items()}


def qkv(tokens):
    return tokens["query"], tokens["key"], tokens["value"]


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def assert_same(result, expected, **tolerance):
    output, state = result
    torch.testing.assert_close(output, expected[0], **tolerance)
    torch.testing.assert_close(parts(state), parts(expected[1]), **tolerance)


def gates_of(tokens):
    return tokens.keys() - DATA


GATED = [m for m in MECHANISMS if gates_of(inputs(m, 1)[0])]
gated = pytest.mark.parametrize("mechanism", GATED, ids=lambda m: m.__name__.rpartition(".")[2])
forms = pytest.mark.parametrize("form", ["recurrent", "parallel", "chunked"])
