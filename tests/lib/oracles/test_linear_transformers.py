"""Recurrent forms against the models of `transformers`, in float64."""

import math

import pytest
import torch
import torch.nn.functional as F
from transformers import MiniMaxConfig
from transformers.models.kimi_linear import modeling_kimi_linear as kimi
from transformers.models.mamba2 import modeling_mamba2 as mamba2
from transformers.models.minimax import modeling_minimax as minimax
from transformers.models.qwen3_next import modeling_qwen3_next as qwen3_next
from transformers.models.rwkv import modeling_rwkv

from attnlib.linear import delta, gated_delta, kimi_delta, retention, rwkv, state_space

B, H, T, D, DV = 2, 3, 37, 8, 5  # T is no multiple of any chunk
EXACT = {"rtol": 1e-9, "atol": 1e-10}
FORMS = ["recurrent", "parallel", "chunked"]


class TorchInFloat64:
    """torch, with float64 under the name of float32."""

    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


@pytest.fixture(autouse=True)
def oracles_in_float64(monkeypatch):
    """The models compute their states in float32 whatever comes in: let them use float64."""
    for module in (kimi, mamba2, minimax, qwen3_next, modeling_rwkv):
        monkeypatch.setattr(module, "torch", TorchInFloat64())
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)


@pytest.fixture
def random():
    source = torch.Generator().manual_seed(0)
    return lambda *shape: torch.randn(*shape, generator=source, dtype=torch.float64)


def time_first(states):
    return states.transpose(1, 2)


@pytest.fixture
def tokens(random):
    key = F.normalize(random(B, H, T, D), dim=-1)
    return random(B, H, T, D), key, random(B, H, T, DV)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "oracle", [qwen3_next.torch_recurrent_gated_delta_rule, qwen3_next.torch_chunk_gated_delta_rule]
)
def test_gated_delta_equals_qwen3_next(tokens, random, form, oracle):
    query, key, value = tokens
    log_decay, write = F.logsigmoid(random(B, H, T)), random(B, H, T).sigmoid()
    start = random(B, H, D, DV)
    output, state = getattr(gated_delta, form)(query, key, value, log_decay, write, state=start)
    expected, expected_state = oracle(
        *(time_first(x) for x in (query * math.sqrt(D), key, value, log_decay, write)),
        initial_state=start,
        output_final_state=True,
    )
    torch.testing.assert_close(output, time_first(expected), **EXACT)
    torch.testing.assert_close(state, expected_state, **EXACT)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "oracle", [qwen3_next.torch_recurrent_gated_delta_rule, qwen3_next.torch_chunk_gated_delta_rule]
)
def test_gated_delta_shares_queries_and_keys_as_qwen3_next_does(random, form, oracle):
    """Two query and key heads under six values, each with gates and a state of its own."""
    query, key, value = random(B, 2, T, D), random(B, 2, T, D), random(B, 6, T, DV)
    key = F.normalize(key, dim=-1)
    log_decay, write = F.logsigmoid(random(B, 6, T)), random(B, 6, T).sigmoid()
    start = random(B, 6, D, DV)
    output, state = getattr(gated_delta, form)(query, key, value, log_decay, write, state=start)
    expected, expected_state = oracle(
        *(time_first(x) for x in (query * math.sqrt(D), key, value, log_decay, write)),
        initial_state=start,
        output_final_state=True,
    )
    torch.testing.assert_close(output, time_first(expected), **EXACT)
    torch.testing.assert_close(state, expected_state, **EXACT)


@pytest.mark.parametrize("form", FORMS)
def test_delta_equals_qwen3_next_without_decay(tokens, random, form):
    query, key, value = tokens
    write = random(B, H, T).sigmoid()
    output, state = getattr(delta, form)(query, key, value, write)
    expected, expected_state = qwen3_next.torch_recurrent_gated_delta_rule(
        *(time_first(x) for x in (query * math.sqrt(D), key, value, 0 * write, write)),
        initial_state=None,
        output_final_state=True,
    )
    torch.testing.assert_close(output, time_first(expected), **EXACT)
    torch.testing.assert_close(state, expected_state, **EXACT)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "oracle", [kimi.recurrent_kimi_delta_attention, kimi.chunk_kimi_delta_attention]
)
def test_kimi_delta_equals_kimi_linear(tokens, random, form, oracle):
    query, key, value = tokens
    log_decay, write = F.logsigmoid(random(B, H, T, D)), random(B, H, T).sigmoid()
    start = random(B, H, D, DV)
    output, state = getattr(kimi_delta, form)(query, key, value, log_decay, write, state=start)
    expected, expected_state = oracle(
        *(time_first(x) for x in (query * math.sqrt(D), key, value, log_decay, write)),
        initial_state=start,
        output_final_state=True,
    )
    torch.testing.assert_close(output, time_first(expected), **EXACT)
    torch.testing.assert_close(state, expected_state, **EXACT)


@pytest.mark.parametrize("form", FORMS)
def test_state_space_equals_mamba2(tokens, random, form):
    query, key, value = tokens
    step, rate = F.softplus(random(B, H, T)), random(H).exp()
    start = random(B, H, D, DV)
    output, state = getattr(state_space, form)(query, key, value, rate, step, state=start)
    expected, expected_state = mamba2.mamba2_chunk_scan(
        time_first(value),
        time_first(step),
        -rate,
        B=time_first(key),
        C=time_first(query),
        chunk_size=8,
        initial_states=start.mT,
        return_final_states=True,
    )
    torch.testing.assert_close(output, time_first(expected), **EXACT)
    torch.testing.assert_close(state, expected_state.mT, **EXACT)


def test_one_token_of_state_space_equals_the_decoding_step_of_mamba2(random):
    query, key, value = random(B, H, 1, D), random(B, H, 1, D), random(B, H, 1, DV)
    step, rate = F.softplus(random(B, H, 1)), random(H).exp()
    start = random(B, H, D, DV)
    output, state = state_space.recurrent(query, key, value, rate, step, state=start)
    expected_state = start.mT.contiguous()
    expected = mamba2.mamba2_selective_state_update(
        expected_state,
        value[:, :, 0],
        step.expand(B, H, DV),
        -rate[:, None, None].expand(H, DV, D),
        key[:, :, 0],
        query[:, :, 0],
    )
    torch.testing.assert_close(output[:, :, 0], expected, **EXACT)
    torch.testing.assert_close(state, expected_state.mT, **EXACT)


@pytest.mark.parametrize("form", FORMS)
def test_rwkv_equals_transformers(random, form):
    query, key, value = (random(B, H, T, D) for _ in range(3))
    time_decay, bonus = random(H, D), random(H, D)
    output, (mean, log_weight) = getattr(rwkv, form)(query, key, value, time_decay.exp(), bonus)
    expected, (numerator, denominator, largest) = modeling_rwkv.rwkv_linear_attention_cpu(
        time_decay.flatten(),
        bonus.flatten(),
        *(time_first(x).flatten(2) for x in (key, value)),
        return_state=True,
    )
    expected = time_first(expected.unflatten(-1, (H, D)))
    torch.testing.assert_close(output, query.sigmoid() * expected, **EXACT)
    torch.testing.assert_close(mean.flatten(1), numerator / denominator, **EXACT)
    torch.testing.assert_close(log_weight.flatten(1), denominator.log() + largest, **EXACT)


@pytest.mark.parametrize("form", FORMS)
def test_retention_equals_the_lightning_attention_of_minimax(random, form):
    config = MiniMaxConfig(
        hidden_size=12,
        num_attention_heads=H,
        num_key_value_heads=H,
        head_dim=D,
        num_hidden_layers=2,
        block_size=16,
    )
    torch.manual_seed(0)
    layer = minimax.MiniMaxLightningAttention(config, layer_idx=0).double()
    parts = layer.decay_factors(layer.slope_rate)  # again, now with all digits
    layer.query_decay, layer.key_decay, layer.diagonal_decay = parts
    x = random(B, T, 12)
    expected, expected_state = layer(x, position_embeddings=None, attention_mask=None)

    together = layer.act_fn(layer.qkv_proj(x)).unflatten(-1, (H, 3 * D))
    query, key, value = time_first(together).split(D, dim=-1)
    decay = (-layer.slope_rate.flatten()).exp()
    output, state = getattr(retention, form)(query, key, value, decay)
    output = layer.norm(time_first(output).flatten(2))
    output = layer.out_proj(layer.output_gate(x).sigmoid() * output)
    torch.testing.assert_close(output, expected, **EXACT)
    torch.testing.assert_close(state, expected_state, **EXACT)
