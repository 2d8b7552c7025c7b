"""Recurrent forms against the models of `transformers`, in float64."""

import math

import pytest
import torch
import torch.nn.functional as F
from transformers import MiniMaxConfig
from transformers.models.kimi_linear import modeling_kimi_linear as kimi
from transformers.models.mamba import modeling_mamba
from transformers.models.mamba2 import modeling_mamba2 as mamba2
from transformers.models.minimax import modeling_minimax as minimax
from transformers.models.qwen3_next import modeling_qwen3_next as qwen3_next
from transformers.models.rwkv import modeling_rwkv
from transformers.models.xlstm import modeling_xlstm as xlstm

from attnlib.linear import (
    delta,
    gated_delta,
    kimi_delta,
    mamba,
    mamba3,
    mlstm,
    retention,
    rwkv,
    state_space,
)

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
    for module in (kimi, modeling_mamba, mamba2, minimax, qwen3_next, modeling_rwkv):
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


@pytest.mark.parametrize("form", FORMS)
def test_mamba_equals_transformers(random, form):
    query, key, value = random(B, 1, T, D), random(B, 1, T, D), random(B, 1, T, DV)
    step, rate = F.softplus(random(B, 1, T, DV)), random(1, DV, D).exp()
    output, state = getattr(mamba, form)(query, key, value, rate, step)
    expected, expected_state = modeling_mamba.mamba_selective_scan(
        value[:, 0].mT,
        step[:, 0].mT,
        -rate[0],
        B=key[:, 0].mT,
        C=query[:, 0].mT,
        return_last_state=True,
    )
    torch.testing.assert_close(output[:, 0].mT, expected, **EXACT)
    torch.testing.assert_close(state[:, 0].mT, expected_state, **EXACT)


@pytest.mark.parametrize("form", FORMS)
def test_mamba3_equals_a_loop_over_complex_numbers(tokens, random, form):
    """Of the paper's equations: h_t = α h_{t−1} + β k_{t−1} v_{t−1} + γ k_t v_t, α complex."""
    query, key, value = tokens
    log_decay, step = F.logsigmoid(random(B, H, T)), F.softplus(random(B, H, T))
    blend, angle = random(B, H, T).sigmoid(), random(B, H, T, D // 2)
    output, state = getattr(mamba3, form)(*tokens, log_decay, step, blend, angle)

    def as_complex(states):
        return torch.complex(*states.chunk(2, dim=-1))

    k, q = as_complex(key), as_complex(query)
    h = torch.zeros(B, H, D // 2, DV, dtype=torch.complex128)
    for t in range(T):
        alpha = (log_decay[:, :, t, None] + 1j * angle[:, :, t]).exp()
        beta = ((1 - blend) * step)[:, :, t, None] * alpha
        gamma = (blend * step)[:, :, t, None]
        h = alpha.unsqueeze(-1) * h + (gamma * k[:, :, t]).unsqueeze(-1) * value[:, :, t, None]
        if t:
            h = h + (beta * k[:, :, t - 1]).unsqueeze(-1) * value[:, :, t - 1, None]
        expected = (q[:, :, t].conj().unsqueeze(-1) * h).real.sum(dim=-2)
        torch.testing.assert_close(output[:, :, t], expected, **EXACT)
    torch.testing.assert_close(state.memory, torch.cat((h.real, h.imag), dim=2), **EXACT)


@pytest.mark.parametrize("form", FORMS)
def test_mlstm_equals_xlstm(tokens, random, form):
    query, key, value = tokens
    forget, log_write = random(B, H, T), 3 * random(B, H, T)
    start = random(B, H, D, DV + 1), random(B, H)
    output, state = getattr(mlstm, form)(
        query, key, value, F.logsigmoid(forget), log_write, state=mlstm.Memory(*start)
    )
    matrix, vector, scale = start[0][..., :-1], start[0][..., -1], start[1].unsqueeze(-1)
    for t in range(T):
        expected, (matrix, vector, scale) = xlstm.mlstm_recurrent_step_native(
            query[:, :, t] * math.sqrt(D),
            *(states[:, :, t] for states in (key, value)),
            log_write[:, :, t, None],
            forget[:, :, t, None],
            matrix,
            vector,
            scale,
            eps=0.0,
            dtype_state=torch.float64,
        )
        torch.testing.assert_close(output[:, :, t], expected, **EXACT)
    sums, log_scale = state
    torch.testing.assert_close(sums, torch.cat((matrix, vector.unsqueeze(-1)), dim=-1), **EXACT)
    torch.testing.assert_close(log_scale, scale.squeeze(-1), **EXACT)
