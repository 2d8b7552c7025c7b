"""Newer normalizers and head structures against code nobody here wrote, in float64."""

import math

import pytest
import torch
import torch.nn.functional as F
from transformers import LagunaConfig, Llama4TextConfig, NeoMMEConfig, Qwen3Config
from transformers.models.laguna import modeling_laguna as laguna
from transformers.models.llama4 import modeling_llama4 as llama4
from transformers.models.neomme import modeling_neomme as neomme
from transformers.models.qwen3 import modeling_qwen3 as qwen3
from x_transformers.attend import Attend as TheirAttend
from x_transformers.x_transformers import Attention as TheirAttention

from attnlib import Attend, attention, masks
from attnlib.caches import KVCache
from attnlib.heads import (
    ExclusiveAttention,
    GatedAttention,
    LaserAttention,
    MultiHeadAttention,
    SecondDifferentialAttention,
    ValueResidualAttention,
    two_simplicial,
)
from attnlib.heads.exclusive import exclude
from attnlib.layout import merge_heads
from attnlib.masks import Causal
from attnlib.normalizers import LengthScaled, TemperatureTuned, signed, softpick, stick_breaking
from oracles.agreement import EXACT, assert_agree, normal
from oracles.fla import reference, time_first
from oracles.in_double import in_double

LENGTH = 5
UNTURNED = torch.ones(1, LENGTH, 4).double(), torch.zeros(1, LENGTH, 4).double()
FUTURE = torch.full((LENGTH, LENGTH), -torch.inf).double().triu(1).view(1, 1, LENGTH, LENGTH)


@pytest.fixture
def tokens():
    return normal(2, 4, LENGTH, 4), normal(2, 2, LENGTH, 4, seed=1), normal(2, 2, LENGTH, 3, seed=2)


@pytest.fixture
def x():
    return normal(2, LENGTH, 16)


def randomized(module):
    module.double().eval()
    for seed, parameter in enumerate(module.parameters()):
        parameter.data.copy_(0.5 * normal(*parameter.shape, seed=seed))
    return module


def copy(ours, theirs, names):
    for our, their in names.items():
        ours.get_parameter(our).data.copy_(theirs.get_parameter(their).data)


PROJECTIONS = {
    f"{our}.weight": f"{their}_proj.weight"
    for our, their in {"query": "q", "key": "k", "value": "v", "output": "o"}.items()
}
NORMS = {"query_norm.weight": "q_norm.weight", "key_norm.weight": "k_norm.weight"}
THEIR_PROJECTIONS = {
    f"{our}.weight": f"to_{their}.weight"
    for our, their in {"query": "q", "key": "k", "value": "v", "output": "out"}.items()
}


@pytest.mark.parametrize("itself", [True, False])
def test_stick_breaking_equals_flash_linear_attention(tokens, itself):
    query, key, value = tokens
    mask = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril(0 if itself else -1)
    seen = attention(query, key, value, mask=mask, normalize=stick_breaking)
    output, left = reference("stickbreaking_attn").naive_stickbreaking_attn(
        *map(time_first, tokens), attend_current=itself
    )
    assert_agree(seen.output, time_first(output), tokens)
    assert_agree(1 - seen.weights.sum(dim=-1), time_first(left))


def test_stick_breaking_breaks_one_part_after_the_other(tokens):
    shares = normal(1, 1, 1, 4).sigmoid().flatten().tolist()
    weights, left = [], 1.0
    for share in reversed(shares):
        weights.insert(0, share * left)
        left *= 1 - share
    ours = stick_breaking(normal(1, 1, 1, 4)).flatten()
    assert ours.tolist() == pytest.approx(weights)


def test_softpick_equals_its_formula_key_by_key(tokens):
    query, key, value = tokens
    seen = attention(query, key, value, mask=Causal(), normalize=softpick)
    for head in range(4):
        for i in range(LENGTH):
            row = [math.exp(s) - 1 for s in seen.scores[1, head, i, : i + 1].tolist()]
            below = sum(abs(e) for e in row) + 1e-6 * max(1, *(e + 1 for e in row))
            expected = torch.tensor([max(e, 0) / below for e in row], dtype=torch.float64)
            torch.testing.assert_close(seen.weights[1, head, i, : i + 1], expected, **EXACT)


def test_softpick_stands_large_scores_and_gives_nothing_to_negative_ones():
    scores = torch.tensor([[1000.0, 1.0, -1000.0], [-1.0, -2.0, -1000.0]])
    assert softpick(scores).tolist() == [[pytest.approx(1.0), 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_signed_weights_equal_cog_attention_of_x_transformers(tokens):
    query, key, value = tokens
    ours = attention(query, key, value, mask=Causal(), normalize=signed)
    shared = (states.repeat_interleave(2, dim=1) for states in (key, value))
    with in_double():
        theirs, _ = TheirAttend(heads=4, causal=True, cog_signed=True)(query, *shared)
    assert_agree(ours.output, theirs, tokens)


def test_length_scaled_equals_pytorch_on_queries_times_the_logarithm_of_their_place(tokens):
    query, key, value = tokens
    normalize = randomized(LengthScaled(4))
    ours = attention(query, key, value, mask=Causal(), normalize=normalize)
    places = torch.arange(1, LENGTH + 1).double().log().unsqueeze(-1)
    theirs = F.scaled_dot_product_attention(
        normalize.strength.view(-1, 1, 1) * places * query,
        key,
        value,
        is_causal=True,
        enable_gqa=True,
    )
    assert_agree(ours.output, theirs, (*tokens, normalize.strength))


def test_length_scaled_counts_what_a_query_sees_and_not_what_is_padded(tokens):
    query, key, value = tokens
    normalize = randomized(LengthScaled(4))
    padded = attention(
        query, key, value, mask=masks.Padding(torch.tensor([3, 3])), normalize=normalize
    )
    cut = attention(query, key[:, :, :3], value[:, :, :3], normalize=normalize)
    assert_agree(padded.output, cut.output)


def test_temperature_tuning_equals_llama_4(x):
    config = Llama4TextConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=4,
        num_hidden_layers=4,
        no_rope_layers=[1, 1, 1, 0],
        attn_temperature_tuning=True,
        floor_scale=2,
        attn_scale=0.7,
        use_qk_norm=False,
        attn_implementation="eager",
    )
    theirs = randomized(llama4.Llama4TextAttention(config, layer_idx=3))
    attend = Attend(normalize=TemperatureTuned(2, 0.7))
    ours = MultiHeadAttention(16, 4, key_heads=2, projection_bias=False, attend=attend).double()
    copy(ours, theirs, PROJECTIONS)
    with in_double():
        expected, _ = theirs(x, position_embeddings=None, attention_mask=FUTURE)
    assert_agree(ours(x, mask=Causal()), expected, (x,))


def test_normed_queries_and_keys_equal_qwen3(x):
    config = Qwen3Config(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=4,
        attn_implementation="eager",
    )
    theirs = randomized(qwen3.Qwen3Attention(config, layer_idx=0))
    ours = MultiHeadAttention(
        16,
        4,
        key_heads=2,
        projection_bias=False,
        head_norm=lambda size: torch.nn.RMSNorm(size, eps=config.rms_norm_eps),
    ).double()
    copy(ours, theirs, PROJECTIONS | NORMS)
    with in_double():
        expected, _ = theirs(x, position_embeddings=UNTURNED, attention_mask=FUTURE)
    assert_agree(ours(x, mask=Causal()), expected, (x,))


@pytest.mark.parametrize("per_head", [True, False])
def test_softplus_gates_equal_laguna(x, per_head):
    config = LagunaConfig(
        hidden_size=16,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=4,
        num_hidden_layers=1,
        num_attention_heads_per_layer=[4],
        gating="per-head" if per_head else "per-element",
        attn_implementation="eager",
    )
    theirs = randomized(laguna.LagunaAttention(config, 0, 4))
    ours = GatedAttention(
        16,
        4,
        key_heads=2,
        projection_bias=False,
        head_norm=lambda size: torch.nn.RMSNorm(size, eps=config.rms_norm_eps),
        per_head=per_head,
        activation=F.softplus,
    ).double()
    copy(ours, theirs, PROJECTIONS | NORMS | {"gate.weight": "g_proj.weight"})
    with in_double():
        expected, _ = theirs(x, position_embeddings=UNTURNED, attention_mask=FUTURE)
    assert_agree(ours(x, mask=Causal()), expected, (x,))


def test_exclusion_equals_neomme():
    config = NeoMMEConfig(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16)
    theirs = randomized(neomme.NeoMMEExclusiveSelfAttention(config))
    output, value = normal(2, 4, LENGTH, 16), normal(2, 2, LENGTH, 16, seed=1)
    with in_double():
        expected = theirs(time_first(output), value)
    ours = exclude(output, value.repeat_interleave(2, dim=1), theirs.alpha.tanh())
    assert_agree(ours, time_first(expected), (output, value))


def test_an_exclusive_output_is_orthogonal_to_the_tokens_own_value(x):
    layer = randomized(ExclusiveAttention(16, 4, key_heads=2))
    layer.output = torch.nn.Identity()
    heads = layer(x, mask=Causal()).unflatten(-1, (4, 4)).transpose(1, 2)
    value = layer.project(x)[2].repeat_interleave(2, dim=1)
    assert (heads * value).sum(dim=-1).abs().max() < 1e-12


def test_exclusive_attention_decodes_as_it_reads(x):
    layer, cache = randomized(ExclusiveAttention(16, 4, key_heads=2)), KVCache()
    steps = [layer(some, mask=Causal(), cache=cache) for some in x.split((2, 1, 2), dim=1)]
    assert_agree(torch.cat(steps, dim=1), layer(x, mask=Causal()), (x,))


def test_the_second_differential_form_equals_its_published_lines(x):
    """flash_attn_func of 2h query heads; attn[:, 0::2] − sigmoid(lam) · attn[:, 1::2]."""
    layer = randomized(SecondDifferentialAttention(16, 4, key_heads=2))
    query, key, value = layer.project(x)
    seen = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
    taken = layer.taken(x).sigmoid().mT.unsqueeze(-1)
    expected = layer.output(merge_heads(seen[:, 0::2] - taken * seen[:, 1::2]))
    assert_agree(layer(x, mask=Causal()), expected, (x,))


def test_laser_equals_x_transformers(x):
    options = {"laser": True, "laser_softclamp_value": 1e9}  # so that it clamps nothing
    with in_double():
        theirs = randomized(TheirAttention(dim=16, heads=4, dim_head=4, causal=True, **options))
    ours = LaserAttention(16, 4, projection_bias=False).double()
    copy(ours, theirs, THEIR_PROJECTIONS)
    torch.testing.assert_close(ours(x, mask=Causal()), theirs(x), **EXACT)


def test_laser_stands_large_values(x):
    layer = randomized(LaserAttention(16, 4))
    layer.value.weight.data.mul_(1e4)
    assert layer(x).isfinite().all()


def test_the_value_residual_equals_x_transformers(x):
    options = {"causal": True, "learned_value_residual_mix": True}
    with in_double():
        theirs = randomized(TheirAttention(dim=16, heads=4, dim_head=4, **options))
    ours = ValueResidualAttention(16, 4, projection_bias=False).double()
    copy(ours, theirs, THEIR_PROJECTIONS)
    copy(ours.mix, theirs.to_value_residual_mix[0], {"weight": "weight", "bias": "bias"})
    first = normal(2, 4, LENGTH, 4, seed=9)
    expected = theirs(x, value_residual=first)
    assert_agree(ours(x, first, mask=Causal()), expected, (x, first))


def test_2_simplicial_attention_equals_plain_attention_over_pairs():
    """Of keys k ⊙ k' and values v ⊙ v' of all pairs, as PyTorch weighs them."""
    query, key, value, second_key, second_value = (normal(2, 2, 4, 3, seed=i) for i in range(5))
    mask, second = (Causal() & masks.Window(width) for width in (3, 2))
    ours = two_simplicial(
        query, key, value, second_key, second_value, mask=mask, second_mask=second
    )

    def pairs(one, two):
        return (one.unsqueeze(3) * two.unsqueeze(2)).flatten(2, 3)

    allowed = mask.dense(4, 4).unsqueeze(-1) & second.dense(4, 4).unsqueeze(-2)
    theirs = F.scaled_dot_product_attention(
        query,
        pairs(key, second_key),
        pairs(value, second_value),
        attn_mask=allowed.flatten(-2),
    )
    assert_agree(ours.output, theirs, (query, key, value, second_key, second_value))
    assert ours.weights.shape == (2, 2, 4, 4, 4)
