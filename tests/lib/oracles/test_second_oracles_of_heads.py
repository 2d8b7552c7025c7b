"""Layers first held to loops, against transformers, x-transformers, PyTorch and SciPy."""

import pytest
import torch
import torch.nn.functional as F
from scipy.signal import convolve2d
from torch import nn
from transformers import DeepseekV3Config, VitsConfig
from transformers.models.deepseek_v3 import modeling_deepseek_v3 as deepseek
from transformers.models.diffllama.modeling_diffllama import lambda_init_fn
from transformers.models.vits.modeling_vits import VitsAttention
from x_transformers.attend import Attend as TheirAttend

from attnlib import masks
from attnlib.heads import GroupedLatentAttention, MultiMatrixAttention, TemporalLatentAttention
from attnlib.heads.multi_token import MultiTokenAttention
from attnlib.heads.relative import RelativeAttention
from attnlib.layout import merge_heads, split_heads
from attnlib.positions import angles, frequencies, sinusoidal
from oracles.agreement import EXACT, assert_agree, normal
from oracles.in_double import in_double
from oracles.models import randomized

B, H, T, E = 2, 4, 7, 16
SIZES = {"head_size": 4, "latent_size": 6, "rotary_size": 2}
CAUSAL = torch.zeros(1, 1, T, T).double().masked_fill(~masks.Causal().dense(T), -torch.inf)


@pytest.fixture(autouse=True)
def oracles_in_float64():
    with in_double():
        yield


@pytest.fixture
def x():
    return normal(B, T, E)


def turned(size):
    """cos and sin as transformers hands them to a layer."""
    both = torch.cat([angles(torch.arange(T), frequencies(size))] * 2, dim=-1).unsqueeze(0)
    return both.cos(), both.sin()


@pytest.mark.parametrize("length", [1, 4, T])
def test_relative_keys_and_values_equal_vits(length):
    config = VitsConfig(
        hidden_size=E, num_attention_heads=H, window_size=T - 1, attention_dropout=0.0
    )
    theirs, x = randomized(VitsAttention(config)), normal(B, length, E)
    ours = RelativeAttention(4, longest=T - 1).double()
    ours.key_table.data, ours.value_table.data = theirs.emb_rel_k[0].data, theirs.emb_rel_v[0].data
    parts = (split_heads(p(x), H) for p in (theirs.q_proj, theirs.k_proj, theirs.v_proj))
    assert_agree(theirs.out_proj(merge_heads(ours(*parts).output)), theirs(x)[0], (x,))


def latent(heads, **sizes):
    config = DeepseekV3Config(
        hidden_size=E,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        qk_nope_head_dim=4,
        qk_rope_head_dim=2,
        v_head_dim=4,
        attn_implementation="eager",
        **sizes,
    )
    return randomized(deepseek.DeepseekV3Attention(config, 0))


@pytest.mark.parametrize("absorbed", [False, True])
def test_each_group_of_latents_equals_deepseek_v3(x, absorbed):
    ours = GroupedLatentAttention(E, H, groups=2, absorbed=absorbed, **SIZES).double()
    expected = 0
    for group in range(2):
        heads, own = slice(2 * group, 2 * group + 2), slice(6 * group, 6 * group + 6)
        up = torch.cat((ours.up_key[heads], ours.up_value[heads]), dim=1)
        theirs = latent(2, q_lora_rank=None, kv_lora_rank=6)
        states = {
            "q_proj": ours.query.weight.unflatten(0, (H, 6))[heads].flatten(0, 1),
            "kv_a_proj_with_mqa": torch.cat((ours.down.weight[own], ours.rotary_key.weight)),
            "kv_a_layernorm": ours.norm.weight,
            "kv_b_proj": up.flatten(0, 1),
            "o_proj": ours.output.weight[:, 8 * group : 8 * group + 8],
        }
        theirs.load_state_dict({f"{name}.weight": weight for name, weight in states.items()})
        expected = expected + theirs(x, turned(2), CAUSAL)[0]
    assert_agree(ours(x, mask=masks.Causal()), expected, (x,))


def test_multi_matrix_attention_equals_deepseek_v3_with_one_key_for_all(x):
    ours = MultiMatrixAttention(
        E, H, head_size=4, query_latent_size=6, projection_bias=False
    ).double()
    theirs = latent(H, q_lora_rank=6, kv_lora_rank=E)
    theirs.kv_a_layernorm, theirs.scaling = nn.Identity(), 0.5
    both = torch.cat((ours.key.weight, ours.value.weight))
    turning = theirs.q_b_proj.weight.unflatten(0, (H, 6))[:, 4:]
    up = torch.cat((ours.query[2].weight.unflatten(0, (H, 4)), turning), dim=1)
    states = {
        "q_a_proj": ours.query[0].weight,
        "q_a_layernorm": ours.query[1].weight,
        "q_b_proj": up.flatten(0, 1),
        "kv_a_proj_with_mqa": torch.cat((torch.eye(E), torch.zeros(2, E))),  # no rotary key
        "kv_b_proj": both.repeat(H, 1),
        "o_proj": ours.output.weight,
    }
    theirs.load_state_dict({f"{name}.weight": weight for name, weight in states.items()})
    assert_agree(ours(x, mask=masks.Causal()), theirs(x, turned(2), CAUSAL)[0], (x,))


@pytest.mark.parametrize("stride", [2, 3])
def test_merged_latents_equal_pytorch_on_sums_of_segments(x, stride):
    layer = TemporalLatentAttention(E, H, stride=stride, **SIZES).double()
    mla, places = layer.layer, torch.arange(T)
    c = mla.norm(mla.down(x))
    wave = layer.place(sinusoidal(T, 6, dtype=torch.float64)[places // stride])
    weighed = (layer.content(c) * wave).sum(dim=-1, keepdim=True).sigmoid() * c
    plain, turning = split_heads(mla.query(x), H).split([4, 2], dim=-1)
    turning, rotary = deepseek.apply_rotary_pos_emb_interleave(
        turning, mla.rotary_key(x).unsqueeze(1), *turned(2)
    )
    rows = []
    for t in range(T):
        sizes = torch.tensor([len(entry) for entry in places[: t + 1].split(stride)])
        merged = [torch.segment_reduce(one[: t + 1], "sum", lengths=sizes) for one in weighed]
        merged = torch.stack(merged)
        keys = rotary[:, :, sizes.cumsum(0) - 1].expand(-1, H, -1, -1)
        key = torch.cat((split_heads(mla.up_key(merged), H), keys), dim=-1)
        query = torch.cat((plain, turning), dim=-1)[:, :, t : t + 1]
        value = split_heads(mla.up_value(merged), H)
        rows.append(F.scaled_dot_product_attention(query, key, value))
    assert_agree(layer(x), mla.output(merge_heads(torch.cat(rows, dim=2))), (x,))


def test_multi_token_attention_equals_scipys_convolution_and_x_transformers(x):
    layer = MultiTokenAttention(E, H, queries=2, keys=3, group=H, layer=2).double()
    layer.kernel.data, layer.attend.normalize.mix.data = normal(H, 2, 3), normal(1, H, H, seed=1)
    query, key, value = layer.project(x)
    scores = (query @ key.mT / 2).tril().detach()
    for of_sequence in scores:
        for head, kernel in zip(of_sequence, layer.kernel.detach(), strict=True):
            head[:] = torch.from_numpy(convolve2d(head, kernel)[:T, 1 : T + 1])
    theirs = TheirAttend(heads=H, causal=True, post_talking_heads=True)
    theirs.post_softmax_talking_heads.weight.data = layer.attend.normalize.mix[0, ..., None, None]
    heads = F.rms_norm(theirs(0 * query, key, value, attn_bias=scores)[0], [4], eps=1e-5)
    expected = layer.output(merge_heads((1 - lambda_init_fn(1)) * heads))
    torch.testing.assert_close(layer(x), expected, **EXACT)
