"""Layers that keep less: Gemma 4, ZAYA, AttnRes by others' code; the rest by loops, limits."""

import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers import Cohere2Config, Gemma4TextConfig, ZayaConfig
from transformers.models.cohere2.modeling_cohere2 import Cohere2Attention
from transformers.models.gemma4.modeling_gemma4 import Gemma4TextAttention
from transformers.models.zaya.modeling_zaya import ZayaAttention

from attnlib import masks
from attnlib.caches import ConvolutionalCache, LatentCache, TemporalLatentCache
from attnlib.heads import (
    AlternatingAttention,
    BorrowingAttention,
    ConvolutionalAttention,
    DepthAttention,
    GroupedLatentAttention,
    GroupedTiedAttention,
    KeysAsValuesAttention,
    LatentAttention,
    MultiHeadAttention,
    MultiMatrixAttention,
    TemporalLatentAttention,
    TensorProductAttention,
)
from attnlib.layout import merge_heads, split_heads
from attnlib.positions import angles, frequencies, rotate, sinusoidal, turn
from oracles.agreement import EXACT, assert_agree, normal
from oracles.fla import reference
from oracles.in_double import in_double
from oracles.models import randomized

NORM = partial(nn.RMSNorm, eps=1e-6)
BARE = partial(nn.RMSNorm, eps=1e-6, elementwise_affine=False)
SLOW = frequencies(8) / 3


def by_place(states, places):
    return turn(states, angles(places, SLOW), pairing="half")


def gemma_4(layer, x, shared):
    """Layer 0 makes its keys, which are its values too; layer 1 borrows them."""
    config = Gemma4TextConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_global_key_value_heads=2,
        head_dim=8,
        global_head_dim=8,
        num_hidden_layers=2,
        layer_types=["full_attention"] * 2,
        num_kv_shared_layers=1,
        attention_k_eq_v=True,
        attn_implementation="eager",
    )
    places = torch.arange(x.shape[1])
    turned = torch.cat([angles(places, SLOW)] * 2, dim=-1).unsqueeze(0)
    hidden = ~masks.Causal().dense(x.shape[1])
    bias = torch.zeros(hidden.shape).double().masked_fill(hidden, -torch.inf)
    with in_double():
        theirs = randomized(Gemma4TextAttention(config, layer))
        return theirs, theirs(x, (turned.cos(), turned.sin()), bias, shared)[0]


def take(ours, theirs, **names):
    states = theirs.state_dict()
    ours.double().load_state_dict({mine: states[its] for mine, its in names.items()})
    return ours


GEMMA = {"head_size": 8, "projection_bias": False, "turn": by_place, "head_norm": NORM}


def test_keys_as_values_and_borrowed_keys_equal_gemma_4():
    x, y = normal(2, 6, 16), normal(2, 6, 16, seed=1)
    shared = {}
    theirs, expected = gemma_4(0, x, shared)
    ours = KeysAsValuesAttention(16, 4, key_heads=2, value_norm=BARE, **GEMMA)
    for block in (ours.attend,):
        block.scale = 1.0
    names = {"query": "q_proj", "key": "k_proj", "output": "o_proj"}
    names |= {"query_norm": "q_norm", "key_norm": "k_norm"}
    first = take(ours, theirs, **{f"{a}.weight": f"{b}.weight" for a, b in names.items()})
    assert_agree(first(x, mask=masks.Causal()), expected, [x])

    theirs, expected = gemma_4(1, y, shared)
    later = BorrowingAttention(16, 4, **GEMMA)
    later.attend.scale = 1.0
    del names["key"], names["key_norm"]
    later = take(later, theirs, **{f"{a}.weight": f"{b}.weight" for a, b in names.items()})
    _, key, value = first.project(x)
    assert_agree(later(y, key, value, mask=masks.Causal()), expected, [x, y])


def test_convolutional_attention_equals_zaya():
    config = ZayaConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        num_hidden_layers=1,
        layer_types=["hybrid"],
        cca_time0=3,
        cca_time1=2,
        attn_implementation="eager",
    )
    x, places = normal(2, 7, 16), torch.arange(7)
    turned = torch.cat([angles(places, frequencies(4))] * 2, dim=-1).unsqueeze(0)
    hidden = ~masks.Causal().dense(7)
    bias = torch.zeros(hidden.shape).double().masked_fill(hidden, -torch.inf)
    with in_double():
        theirs = randomized(ZayaAttention(config, 0))
        expected = theirs(x, {"causal": bias}, None, (turned.cos(), turned.sin()))[0]
    ours = ConvolutionalAttention(
        16,
        4,
        key_heads=2,
        head_size=8,
        kernels=(3, 2),
        turn=partial(rotate, pairing="half", rotary_size=4),
    )
    inner = {
        "query.weight": "q_proj.weight",
        "key.weight": "k_proj.weight",
        "value_now.weight": "v_proj_current.weight",
        "value_before.weight": "v_proj_delayed.weight",
        "each_channel.weight": "conv_qk_depthwise.weight",
        "each_channel.bias": "conv_qk_depthwise.bias",
        "each_head.weight": "conv_qk_grouped.weight",
        "each_head.bias": "conv_qk_grouped.bias",
    }
    names = {mine: f"qkv_proj.{its}" for mine, its in inner.items()}
    names |= {"strength": "qk_norm.temp", "output.weight": "o_proj.weight"}
    assert_agree(take(ours, theirs, **names)(x), expected, [x])


def test_depth_attention_equals_the_reference_of_attention_residuals():
    states = [normal(2, 5, 8, seed=seed) for seed in range(4)]
    layer = randomized(DepthAttention(8).double())
    with in_double():
        naive = reference("attnres").naive_attnres
        expected = naive(layer.query, states, layer.norm.weight, rms_eps=1e-6)
    assert_agree(layer(states), expected, states)


def test_depth_attention_begins_with_the_mean():
    states = [normal(2, 5, 8, seed=seed) for seed in range(4)]
    torch.testing.assert_close(DepthAttention(8).double()(states), sum(states) / 4, **EXACT)


def test_grouped_tied_attention_follows_its_formula():
    layer, x = GroupedTiedAttention(16, 4, key_heads=2).double(), normal(1, 5, 16)
    places = torch.arange(5)
    state = (x @ layer.state.weight.mT)[0].unflatten(-1, (2, 4))
    placed = rotate((x @ layer.rotary_key.weight.mT).unsqueeze(1), places, pairing="half")[0, 0]
    query = (x @ layer.query.weight.mT)[0].unflatten(-1, (4, 4))
    heads = []
    for h in range(4):
        turned = rotate(query[None, None, :, h, 2:], places, pairing="half")[0, 0]
        value = state[:, h // 2]
        scores = query[:, h, :2] @ value[:, :2].T + turned @ placed.T
        hidden = torch.ones(5, 5).triu(1).bool()
        heads.append((scores / 2).masked_fill(hidden, -torch.inf).softmax(-1) @ value)
    expected = torch.cat(heads, dim=-1) @ layer.output.weight.mT
    assert_agree(layer(x, mask=masks.Causal())[0], expected, [x])


LATENT = {"head_size": 4, "latent_size": 6, "rotary_size": 2}


@pytest.mark.parametrize("absorbed", [False, True])
def test_one_group_of_latents_is_latent_attention(absorbed):
    x = normal(2, 5, 16)
    whole = randomized(LatentAttention(16, 4, **LATENT).double())
    ours = GroupedLatentAttention(16, 4, groups=1, absorbed=absorbed, **LATENT).double()
    states = whole.state_dict()
    for name in ("up_key", "up_value"):
        states[name] = states.pop(f"{name}.weight").unflatten(0, (4, 4))
    ours.load_state_dict(states)
    assert_agree(ours(x, mask=masks.Causal()), whole(x, mask=masks.Causal()), [x])


@pytest.mark.parametrize("absorbed", [False, True])
def test_each_group_of_latents_is_a_latent_attention_of_its_own(absorbed):
    """Two groups are two layers that share the rotary key, each with half of the heads."""
    x = normal(2, 5, 16)
    ours = GroupedLatentAttention(16, 4, groups=2, absorbed=absorbed, **LATENT).double()
    parts = []
    for group in range(2):
        part = LatentAttention(16, 2, **LATENT).double()
        two, own = slice(2 * group, 2 * group + 2), slice(6 * group, 6 * group + 6)
        part.load_state_dict(
            {
                "query.weight": ours.query.weight.unflatten(0, (4, 6))[two].flatten(0, 1),
                "down.weight": ours.down.weight[own],
                "norm.weight": ours.norm.weight,
                "rotary_key.weight": ours.rotary_key.weight,
                "up_key.weight": ours.up_key[two].flatten(0, 1),
                "up_value.weight": ours.up_value[two].flatten(0, 1),
                "output.weight": ours.output.weight[:, 8 * group : 8 * group + 8],
            }
        )
        parts.append(part(x, mask=masks.Causal()))
    torch.testing.assert_close(ours(x, mask=masks.Causal()), sum(parts), **EXACT)


def decoded(layer, x, stride):
    """Token by token, as in the paper's figure 2a: each is added to its entry, or begins one."""
    turned = partial(rotate, pairing="interleaved")
    mla, entries, keys, outputs = layer.layer, [], [], []
    for token in range(x.shape[1]):
        place = torch.tensor([token])
        c = mla.norm(mla.down(x[0, token]))
        wave = sinusoidal(1, 6, first=token // stride, dtype=torch.float64)
        weight = (layer.content(c) @ layer.place(wave)[0]).sigmoid()
        key = turned(mla.rotary_key(x[:1, token : token + 1])[None], place)
        if token % stride == 0:
            entries, keys = [*entries, weight * c], [*keys, key.flatten()]
        else:
            entries[-1], keys[-1] = entries[-1] + weight * c, key.flatten()
        merged, heads = torch.stack(entries), []
        for query, up_key, up_value in zip(
            mla.query(x[0, token]).unflatten(0, (4, 6)),
            mla.up_key.weight.unflatten(0, (4, 4)),
            mla.up_value.weight.unflatten(0, (4, 4)),
            strict=True,
        ):
            asked = turned(query[None, None, None, 4:], place).flatten()
            scores = merged @ up_key.mT @ query[:4] + torch.stack(keys) @ asked
            heads.append((scores / 6**0.5).softmax(0) @ merged @ up_value.mT)
        outputs.append(mla.output(torch.cat(heads)))
    return torch.stack(outputs)


@pytest.mark.parametrize("absorbed", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_merged_latents_are_what_a_decoder_adds_up(stride, absorbed):
    x = normal(1, 7, 16)
    layer = TemporalLatentAttention(16, 4, stride=stride, absorbed=absorbed, **LATENT).double()
    expected = decoded(layer, x, stride)
    assert_agree(layer(x)[0], expected, [x])
    for steps in ([1] * 7, [2, 3, 1, 1], [4, 3]):
        cache = TemporalLatentCache(stride)
        parts = [layer(some, cache=cache) for some in x.split(steps, dim=1)]
        torch.testing.assert_close(torch.cat(parts, dim=1)[0], expected, **EXACT)
        assert (cache.length, cache.entries) == (7, 7 // stride)


@pytest.mark.parametrize(
    "layer",
    [
        GroupedTiedAttention(16, 4, key_heads=2),
        GroupedLatentAttention(16, 4, groups=2, **LATENT),
        GroupedLatentAttention(16, 4, groups=2, absorbed=True, **LATENT),
        TensorProductAttention(16, 4, query_rank=3, key_rank=2, value_rank=1),
    ],
    ids=["tied", "latents", "absorbed", "products"],
)
@pytest.mark.parametrize("steps", [[1] * 6, [3, 1, 2]], ids=str)
def test_a_cache_gives_groups_what_one_pass_gives(layer, steps):
    layer, x, cache = layer.double(), normal(2, 6, 16).detach(), LatentCache()
    parts = [layer(some, mask=masks.Causal(), cache=cache) for some in x.split(steps, dim=1)]
    expected = layer(x, mask=masks.Causal())
    torch.testing.assert_close(torch.cat(parts, dim=1), expected, rtol=0, atol=1e-12)
    assert cache.length == 6


@pytest.mark.parametrize("kernels", [(2, 2), (1, 1), (3, 2)], ids=str)
@pytest.mark.parametrize("steps", [[1] * 7, [3, 1, 2, 1]], ids=str)
def test_a_cache_gives_a_convolution_what_one_pass_gives(kernels, steps):
    """Padding at the left is then as good as left out, too."""
    sizes = {"key_heads": 2, "head_size": 4, "kernels": kernels}
    layer = ConvolutionalAttention(16, 4, turn=partial(rotate, pairing="half"), **sizes).double()
    x, cache = normal(2, 7, 16).detach(), ConvolutionalCache()
    real = (torch.arange(7) >= torch.tensor([[0], [2]]))[:, None, None]
    expected = layer(x, mask=real.expand(-1, -1, 7, -1))
    parts, end = [], 0
    for some in x.split(steps, dim=1):
        end += some.shape[1]
        so_far = real[..., :end].expand(-1, -1, some.shape[1], -1)
        parts.append(layer(some, mask=so_far, cache=cache))
    torch.testing.assert_close(torch.cat(parts, dim=1), expected, rtol=0, atol=1e-12)
    assert (cache.length, cache.recent.shape[1]) == (7, max(sum(kernels) - 2, 1))


def test_a_convolution_goes_on_only_with_what_is_its_own():
    layer, cache = ConvolutionalAttention(16, 4, key_heads=2, head_size=4), ConvolutionalCache()
    layer(torch.zeros(2, 3, 16), cache=cache)
    with pytest.raises(ValueError, match="states has 1 sequences, but the cache holds 2"):
        layer(torch.zeros(1, 1, 16), cache=cache)
    longer = ConvolutionalAttention(16, 4, key_heads=2, head_size=4, kernels=(3, 2))
    with pytest.raises(ValueError, match="count is 3, but the cache holds 2 states"):
        longer(torch.zeros(2, 1, 16), cache=cache)
    with pytest.raises(ValueError, match="mask is for 3 sequences, but x has batch size 2"):
        layer(torch.zeros(2, 1, 16), mask=torch.zeros(3, 1, 1, 4).bool(), cache=cache)
    assert cache.length == 3


def test_of_a_tensor_product_the_factors_of_key_and_value_are_kept():
    layer, cache = TensorProductAttention(16, 4, key_rank=2, value_rank=1), LatentCache()
    layer(torch.zeros(2, 3, 16), mask=masks.Causal(), cache=cache)
    kept = cache.latent.shape[-1] + cache.rotary_key.shape[-1]
    assert (kept, cache.rotary_key.shape) == ((2 + 1) * (4 + 4), (2, 3, 2 * 4))


def test_padding_is_as_good_as_left_out_of_the_sums():
    layer, x = TemporalLatentAttention(16, 4, **LATENT).double(), normal(1, 7, 16).detach()
    before = masks.Dense((torch.arange(7) >= 2).expand(1, 1, 7, 7))
    kept = layer(x[:, :5], mask=masks.Padding(torch.tensor([5])))
    padded = layer(x, mask=masks.Padding(torch.tensor([5])))[:, :5]
    torch.testing.assert_close(padded, kept, **EXACT)
    changed = torch.cat((x[:, :2] + 1, x[:, 2:]), dim=1)
    assert torch.equal(layer(x, mask=before)[:, 2:], layer(changed, mask=before)[:, 2:])


def test_a_cache_of_sums_takes_no_mask_and_no_other_stride():
    layer, x = TemporalLatentAttention(16, 4, **LATENT), torch.zeros(1, 3, 16)
    with pytest.raises(ValueError, match="no mask can go with it"):
        layer(x, mask=masks.Causal(), cache=TemporalLatentCache(2))
    with pytest.raises(ValueError, match="cache has stride 3, but the layer has 2"):
        layer(x, cache=TemporalLatentCache(3))


def test_tensor_products_are_sums_over_the_ranks():
    layer = TensorProductAttention(16, 4, query_rank=3, key_rank=2, value_rank=2).double()
    x, places = normal(1, 5, 16), torch.arange(5)

    def product(factors, turned):
        total = 0
        for rank in range(factors.rank):
            a = (x @ factors.heads.weight.mT)[0, :, 4 * rank : 4 * rank + 4]
            b = (x @ factors.numbers.weight.mT)[0, :, 4 * rank : 4 * rank + 4]
            b = rotate(b[None, None], places, pairing="half")[0, 0] if turned else b
            total = total + a[:, :, None] * b[:, None, :] / factors.rank
        return total.transpose(0, 1).unsqueeze(0)

    query, key = product(layer.query, True), product(layer.key, True)
    seen = F.scaled_dot_product_attention(query, key, product(layer.value, False), is_causal=True)
    expected = layer.output(merge_heads(seen))
    assert_agree(layer(x, mask=masks.Causal()), expected, [x])


def test_without_its_norm_a_neck_is_multi_query_attention_with_the_product():
    x = normal(2, 5, 16)
    ours = MultiMatrixAttention(16, 4, head_size=8, query_latent_size=6).double()
    ours.query[1] = nn.Identity()
    plain = MultiHeadAttention(16, 4, key_heads=1, head_size=8).double()
    states = {name: state for name, state in ours.state_dict().items() if "query" not in name}
    down, up = ours.query[0], ours.query[2]
    states |= {"query.weight": up.weight @ down.weight, "query.bias": up(down.bias)}
    plain.load_state_dict(states)
    expected = plain(x, mask=masks.Causal())
    assert_agree(ours(x, mask=masks.Causal()), expected, [x])


def test_the_neck_of_multi_matrix_attention_is_normed():
    x = normal(1, 3, 16)
    layer = MultiMatrixAttention(16, 2, head_size=4, query_latent_size=6).double()
    neck = layer.query[0](x)
    normed = neck / (neck.square().mean(-1, keepdim=True) + 1e-6).sqrt()
    expected = split_heads(layer.query[2](normed), 2)
    torch.testing.assert_close(layer.project(x)[0], expected, **EXACT)
    assert layer.attend.scale is None
    assert math.prod(layer.key.weight.shape) == 4 * 16


@pytest.mark.parametrize("layer", [0, 1])
def test_a_layer_near_and_a_layer_far_equal_command_a(layer):
    """Theirs see all in every fourth layer; of a config of two layers, in the second."""
    config = Cohere2Config(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_hidden_layers=2,
        sliding_window=3,
        layer_types=["sliding_attention", "full_attention"],
        attn_implementation="eager",
    )
    x, places = normal(2, 7, 16), torch.arange(7)
    turned = angles(places, frequencies(4)).repeat_interleave(2, dim=-1).unsqueeze(0)
    rule = masks.Causal() & masks.Window(3) if layer == 0 else masks.Causal()
    bias = torch.zeros(1, 1, 7, 7).double().masked_fill(~rule.dense(7), -torch.inf)
    with in_double():
        theirs = randomized(Cohere2Attention(config, layer))
        expected = theirs(x, (turned.cos(), turned.sin()), bias)[0]
    by_turns = AlternatingAttention(
        16,
        4,
        key_heads=2,
        layers=2,
        every=2,
        window=3,
        turn=partial(rotate, pairing="interleaved"),
        projection_bias=False,
    ).double()
    names = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "output": "o_proj"}
    take(by_turns.layers[layer], theirs, **{f"{a}.weight": f"{b}.weight" for a, b in names.items()})
    assert_agree(by_turns(x, layer=layer), expected, [x])
