"""Structures of heads against the model classes of transformers, with the same random weights."""

import pytest
import torch
import torch.nn.functional as F
from transformers import (
    DeepseekV3Config,
    DiffLlamaConfig,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersModel,
    GptOssConfig,
    Qwen3NextConfig,
)
from transformers.models.deepseek_v3 import modeling_deepseek_v3 as deepseek
from transformers.models.diffllama import modeling_diffllama as diffllama
from transformers.models.gpt_oss import modeling_gpt_oss as gpt_oss
from transformers.models.qwen3_next import modeling_qwen3_next as qwen3_next

from attnlib import Attend, attention, masks, record_attention
from attnlib.caches import LatentCache
from attnlib.heads.differential import DifferentialAttention, difference
from attnlib.heads.gated import GatedAttention
from attnlib.heads.latent import LatentAttention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.heads.registers import Registers
from attnlib.masks import Causal
from attnlib.masks.sinks import streaming
from attnlib.normalizers import LearnedSink, TalkingHeads
from oracles.agreement import assert_agree, normal

LENGTH = 5
UNTURNED = torch.ones(1, LENGTH, 4).double(), torch.zeros(1, LENGTH, 4).double()
FUTURE = torch.full((LENGTH, LENGTH), -torch.inf).double().triu(1).view(1, 1, LENGTH, LENGTH)


@pytest.fixture
def x():
    return normal(2, LENGTH, 16)


def randomized(module):
    """The module in float64, with normal numbers for all its parameters."""
    module.double().eval()
    for seed, parameter in enumerate(module.parameters()):
        parameter.data.copy_(0.5 * normal(*parameter.shape, seed=seed))
    return module


def copy(pairs):
    for ours, theirs in pairs:
        ours.data.copy_(theirs.data)


@pytest.mark.parametrize("absorbed", [False, True])
@pytest.mark.parametrize("query_latent_size", [None, 6])
@pytest.mark.parametrize("pairing", ["half", "interleaved"])
def test_latent_attention_equals_deepseek_v3(x, absorbed, query_latent_size, pairing):
    config = DeepseekV3Config(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=4,
        q_lora_rank=query_latent_size,
        kv_lora_rank=7,
        qk_nope_head_dim=3,
        qk_rope_head_dim=4,
        v_head_dim=3,
        rope_interleave=pairing == "interleaved",
        attn_implementation="eager",
    )
    theirs = randomized(deepseek.DeepseekV3Attention(config, 0))
    ours = LatentAttention(
        16,
        heads=4,
        head_size=3,
        latent_size=7,
        rotary_size=4,
        query_latent_size=query_latent_size,
        absorbed=absorbed,
        pairing=pairing,
    ).double()
    down, rotary_key = theirs.kv_a_proj_with_mqa.weight.split([7, 4])
    up_key, up_value = theirs.kv_b_proj.weight.view(4, 6, 7).split([3, 3], dim=1)
    pairs = [
        (ours.down.weight, down),
        (ours.rotary_key.weight, rotary_key),
        (ours.norm.weight, theirs.kv_a_layernorm.weight),
        (ours.up_key.weight, up_key.reshape(12, 7)),
        (ours.up_value.weight, up_value.reshape(12, 7)),
        (ours.output.weight, theirs.o_proj.weight),
    ]
    if query_latent_size is None:
        pairs.append((ours.query.weight, theirs.q_proj.weight))
    else:
        pairs += [
            (ours.query[0].weight, theirs.q_a_proj.weight),
            (ours.query[1].weight, theirs.q_a_layernorm.weight),
            (ours.query[2].weight, theirs.q_b_proj.weight),
        ]
    copy(pairs)

    places = torch.arange(LENGTH)[:, None] * 10_000.0 ** (-torch.arange(0, 4, 2).double() / 4)
    angles = torch.cat((places, places), dim=-1).unsqueeze(0)
    expected, _ = theirs(x, (angles.cos(), angles.sin()), FUTURE)
    # Their RMSNorm rounds to float32 on the way.
    output = ours(x, mask=Causal())
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-5)


def test_differential_attention_equals_diffllama(x):
    config = DiffLlamaConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=4,
        rms_norm_eps=1e-5,
        attn_implementation="eager",
    )
    theirs = randomized(diffllama.DiffLlamaAttention(config, layer_idx=2))
    ours = DifferentialAttention(16, heads=2, layer=3, projection_bias=False).double()
    pair_after_pair = [0, 2, 1, 3]  # theirs: all first maps, then all second ones

    def reordered(weight):
        return weight.view(4, 4, 16)[pair_after_pair].reshape(16, 16)

    copy(
        [
            (ours.query.weight, reordered(theirs.q_proj.weight)),
            (ours.key.weight, reordered(theirs.k_proj.weight)),
            (ours.value.weight, reordered(theirs.v_proj.weight)),
            (ours.output.weight, theirs.o_proj.weight),
            (ours.exponents[0], theirs.lambda_q1),
            (ours.exponents[1], theirs.lambda_k1),
            (ours.exponents[2], theirs.lambda_q2),
            (ours.exponents[3], theirs.lambda_k2),
        ]
    )
    expected, _ = theirs(x, UNTURNED, FUTURE)
    # They round λ to float32.
    torch.testing.assert_close(ours(x, mask=Causal()), expected, rtol=1e-5, atol=1e-6)


def test_differential_weights_give_the_output_before_the_norm(x):
    layer = DifferentialAttention(16, heads=2).double()
    with record_attention(layer) as maps:
        layer(x)
    seen = maps[""]
    weights = difference(seen.weights, layer.strength)
    assert_agree(difference(seen.output, layer.strength), weights @ seen.value[:, ::2], (x,))


def test_gated_attention_equals_qwen3_next(x):
    """Theirs also normalizes queries and keys and turns them by their places: not here."""
    config = Qwen3NextConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=4,
        attn_implementation="sdpa",
    )
    theirs = randomized(qwen3_next.Qwen3NextAttention(config, 0))
    ours = GatedAttention(16, heads=4, key_heads=2, projection_bias=False).double()
    query, gate = theirs.q_proj.weight.view(4, 8, 16).chunk(2, dim=1)
    copy(
        [
            (ours.query.weight, query.reshape(16, 16)),
            (ours.gate.weight, gate.reshape(16, 16)),
            (ours.key.weight, theirs.k_proj.weight),
            (ours.value.weight, theirs.v_proj.weight),
            (ours.output.weight, theirs.o_proj.weight),
        ]
    )
    theirs.q_norm = theirs.k_norm = torch.nn.Identity()
    expected, _ = theirs(x, UNTURNED, FUTURE)
    assert_agree(ours(x, mask=Causal()), expected, (x,))


def test_learned_sinks_equal_gpt_oss(x):
    config = GptOssConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=4,
        attn_implementation="eager",
    )
    theirs = randomized(gpt_oss.GptOssAttention(config, 0))
    attend = Attend(normalize=LearnedSink(4))
    ours = MultiHeadAttention(16, heads=4, key_heads=2, attend=attend).double()
    copy(
        [
            (ours.attend.normalize.sink, theirs.sinks),
            *zip(ours.query.parameters(), theirs.q_proj.parameters(), strict=True),
            *zip(ours.key.parameters(), theirs.k_proj.parameters(), strict=True),
            *zip(ours.value.parameters(), theirs.v_proj.parameters(), strict=True),
            *zip(ours.output.parameters(), theirs.o_proj.parameters(), strict=True),
        ]
    )
    unturned = [turns[..., :2] for turns in UNTURNED]  # half a head: each turn is for a pair
    expected, _ = theirs(x, unturned, FUTURE)
    assert_agree(ours(x, mask=Causal()), expected, (x,))


def test_a_learned_sink_scales_pytorchs_output_by_sigmoid_of_logsumexp_minus_sink():
    query, key, value = (normal(2, 3, 4, 5, seed=i) for i in range(3))
    normalize = randomized(LearnedSink(3))
    ours = attention(query, key, value, normalize=normalize).output
    plain = F.scaled_dot_product_attention(query, key, value)
    logsumexp = (query @ key.mT / 5**0.5).logsumexp(dim=-1, keepdim=True)
    factor = (logsumexp - normalize.sink.view(-1, 1, 1)).sigmoid()
    assert_agree(ours, plain * factor, (query, key, value, normalize.sink))


def test_a_sink_takes_all_of_a_row_with_nothing_to_see():
    query, key, value = (normal(1, 2, 3, 4, seed=i) for i in range(3))
    nothing = torch.zeros(3, 3, dtype=torch.bool)
    seen = attention(query, key, value, mask=nothing, normalize=LearnedSink(2).double())
    assert (seen.output == 0).all()
    (gradient,) = torch.autograd.grad(seen.output.sum(), query)
    assert gradient.isfinite().all()


def test_a_sink_for_other_heads_is_an_error():
    query = normal(1, 2, 3, 4)
    with pytest.raises(ValueError, match="scores have 2 heads, but sink has 4"):
        attention(query, query, query, normalize=LearnedSink(4))


def test_streaming_keeps_the_first_tokens_and_a_window():
    picture = """
        ■ · · · ·
        ■ ■ · · ·
        ■ ■ ■ · ·
        ■ · ■ ■ ·
        ■ · · ■ ■"""
    assert streaming(1, width=2).text(5).split("\n") == picture.replace(" " * 8, "").split("\n")[1:]


def test_streaming_equals_pytorch_with_the_kept_keys_alone():
    """The last of nine tokens, with 2 sinks and a window of 3, sees tokens 0, 1, 6, 7 and 8."""
    query, key, value = (normal(1, 2, 9, 4, seed=i) for i in range(3))
    kept = [0, 1, 6, 7, 8]
    ours = attention(query, key, value, mask=streaming(2, width=3)).output[:, :, -1:]
    theirs = F.scaled_dot_product_attention(query[:, :, -1:], key[:, :, kept], value[:, :, kept])
    assert_agree(ours, theirs, (query, key, value))


def test_registers_equal_dinov2_with_registers():
    """Theirs stand behind the class token; without positions the place makes no difference."""
    config = Dinov2WithRegistersConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_register_tokens=3,
        image_size=8,
        patch_size=4,
        attn_implementation="eager",
    )
    theirs = randomized(Dinov2WithRegistersModel(config))

    class Encoder(torch.nn.Module):
        def forward(self, tokens):
            return theirs.layernorm(theirs.encoder(tokens).last_hidden_state)

    ours = Registers(Encoder(), size=16, count=3).double()
    copy([(ours.registers, theirs.embeddings.register_tokens[0])])
    pixels = normal(2, 3, 8, 8)
    embedded = theirs.embeddings(pixels)
    others = [0, 4, 5, 6, 7]  # the class token and four patches
    expected = theirs(pixels).last_hidden_state[:, others]
    assert_agree(ours(embedded[:, others]), expected, (pixels,))


@pytest.mark.parametrize("absorbed", [False, True])
def test_latent_attention_decodes_as_it_reads(x, absorbed):
    layer = LatentAttention(16, heads=2, head_size=3, latent_size=5, rotary_size=4).double()
    whole, cache = layer(x, mask=Causal()), LatentCache()
    layer.absorbed = absorbed
    steps = [layer(some, mask=masks.Causal(), cache=cache) for some in x.split((2, 1, 2), dim=1)]
    assert_agree(torch.cat(steps, dim=1), whole, (x,))


def test_the_cache_of_latent_attention_holds_only_the_latents(x):
    layer = LatentAttention(16, heads=2, head_size=3, latent_size=5, rotary_size=4).double()
    cache = LatentCache()
    layer(x, cache=cache)
    kept = [memory.room.shape for memory in vars(cache).values()]
    assert kept == [(2, LENGTH, 5), (2, LENGTH, 4)]
    assert cache.length == LENGTH


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 3, 16), "latent has 1 sequences, but the cache holds 2"),
        ((2, 3, 16), "latent has 5 numbers per token, but the cache holds 6"),
    ],
)
def test_latents_that_do_not_continue_the_cache_are_refused(shape, words):
    cache = LatentCache()
    cache.update(normal(2, 3, 6 if "6" in words else 5), normal(2, 3, 4))
    layer = LatentAttention(16, heads=2, head_size=3, latent_size=5, rotary_size=4).double()
    with pytest.raises(ValueError, match=words):
        layer(normal(*shape), cache=cache)


every_structure = pytest.mark.parametrize(
    "layer",
    [
        DifferentialAttention(16, heads=2),
        GatedAttention(16, heads=4, key_heads=2),
        MultiHeadAttention(16, heads=4, attend=Attend(normalize=TalkingHeads(4))),
    ],
    ids=lambda layer: type(layer).__name__,
)


@every_structure
def test_queries_look_at_another_sequence_each_by_itself(layer, x):
    layer.double()
    context = normal(2, 3, 16, seed=1)
    alone = torch.cat([layer(token, context) for token in x.split(1, dim=1)], dim=1)
    assert_agree(layer(x, context), alone, (x, context))


@every_structure
def test_a_token_with_nothing_to_see_takes_nothing(layer, x):
    layer.double()
    mask = torch.ones(LENGTH, LENGTH, dtype=torch.bool)
    mask[0] = False
    output = layer(x, mask=mask)
    nothing = layer.output(torch.zeros(16, dtype=torch.float64))
    torch.testing.assert_close(output[:, 0], nothing.expand(2, -1))
    (gradient,) = torch.autograd.grad(output.sum(), x)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("shape", [(2, 5, 15), (5, 16)])
@pytest.mark.parametrize(
    "layer",
    [
        LatentAttention(16, heads=2, head_size=3, latent_size=5, rotary_size=4),
        DifferentialAttention(16, heads=2),
        GatedAttention(16, heads=2),
        Registers(torch.nn.Identity(), size=16, count=2),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_x_of_another_shape_is_an_error(layer, shape):
    with pytest.raises(ValueError, match=r"x must have the axes .*, got"):
        layer(torch.zeros(shape))


def test_sizes_that_do_not_divide_are_errors():
    with pytest.raises(ValueError, match="size 12 does not divide into 8 heads"):
        DifferentialAttention(12, heads=8)
    with pytest.raises(ValueError, match="head_size must be even, for two maps; got 3"):
        DifferentialAttention(12, heads=4)
    with pytest.raises(ValueError, match="heads must be at least 1, got 0"):
        DifferentialAttention(12, heads=0)
    with pytest.raises(ValueError, match="layer must be at least 1, got 0"):
        DifferentialAttention(16, heads=2, layer=0)
    with pytest.raises(ValueError, match="count must be 0 or more, got -1"):
        Registers(torch.nn.Identity(), size=16, count=-1)
