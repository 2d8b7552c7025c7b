"""Relative positions against transformers' Wav2Vec2-BERT, XLNet and DeBERTa, and by hand."""

import math

import pytest
import torch
from transformers import DebertaConfig, Wav2Vec2BertConfig, XLNetConfig, XLNetModel
from transformers.models.deberta.modeling_deberta import (
    DisentangledSelfAttention,
    build_relative_position,
)
from transformers.models.wav2vec2_bert.modeling_wav2vec2_bert import Wav2Vec2BertSelfAttention
from transformers.models.xlnet.modeling_xlnet import XLNetRelativeAttention

from attnlib import attention, masks
from attnlib.heads.relative import RelativeAttention
from attnlib.positions.contextual import ContextualPositions
from attnlib.positions.disentangled import DisentangledPositions
from attnlib.positions.householder import householder_bias
from attnlib.positions.transformer_xl import DistanceSinusoids
from oracles.agreement import EXACT, IMPLS, assert_agree, normal

SINGLE = {"rtol": 1e-6, "atol": 1e-6}  # where the other side computes sinusoids in float32


def test_relative_keys_equal_wav2vec2_bert():
    config = Wav2Vec2BertConfig(
        hidden_size=12,
        num_attention_heads=3,
        position_embeddings_type="relative_key",
        left_max_position_embeddings=2,
        right_max_position_embeddings=2,
        attention_dropout=0.0,
        attn_implementation="eager",
    )
    theirs = Wav2Vec2BertSelfAttention(config).double().eval()
    positions = RelativeAttention(4, longest=2).double()
    positions.key_table.data = theirs.distance_embedding.weight.data.clone()
    positions.value_table.data.zero_()

    x = normal(2, 7, 12)
    query, key, value = (
        part(x).unflatten(-1, (3, 4)).transpose(1, 2)
        for part in (theirs.linear_q, theirs.linear_k, theirs.linear_v)
    )
    seen = positions(query, key, value)
    assert_agree(theirs.linear_out(seen.output.transpose(1, 2).flatten(2)), theirs(x)[0], (x,))


@pytest.mark.parametrize(("query_length", "key_length"), [(5, 5), (2, 5), (1, 1), (4, 2)])
def test_relative_values_are_added_pair_by_pair(query_length, key_length):
    query = normal(2, 4, query_length, 3)
    key, value = normal(2, 2, key_length, 3, seed=1), normal(2, 2, key_length, 5, seed=2)
    positions = RelativeAttention(3, longest=2, value_size=5).double()
    rows = []
    for i in range(query_length):
        place = i + key_length - query_length
        row = [min(max(j - place, -2), 2) + 2 for j in range(key_length)]
        keys = key.repeat_interleave(2, dim=1) + positions.key_table[row]
        values = value.repeat_interleave(2, dim=1) + positions.value_table[row]
        weights = ((keys @ query[:, :, i, :, None]).squeeze(-1) / math.sqrt(3)).softmax(-1)
        rows.append((weights[..., None] * values).sum(2))
    inputs = (query, key, value, positions.key_table, positions.value_table)
    assert_agree(positions(query, key, value).output, torch.stack(rows, dim=2), inputs)


@pytest.mark.parametrize("impl", IMPLS)
def test_distance_sinusoids_equal_xlnet(impl):
    config = XLNetConfig(vocab_size=5, d_model=12, n_head=3, n_layer=1, d_inner=8, dropout=0.0)
    layer, model = XLNetRelativeAttention(config).double(), XLNetModel(config)
    for number, parameter in enumerate(layer.parameters()):
        parameter.data = normal(*parameter.shape, seed=number).detach()
    positions = DistanceSinusoids(12, heads=3, head_size=4).double()
    positions.content.data = layer.r_w_bias.data[:, None]
    positions.distance.data = layer.r_r_bias.data[:, None]
    paired = torch.arange(12).view(2, 6).mT.flatten()  # there all sines come before all cosines
    positions.project.weight.data = layer.r.data[paired].flatten(1).mT.contiguous()

    query = normal(2, 3, 4, 4)
    key, value = normal(2, 3, 7, 4, seed=1), normal(2, 3, 7, 4, seed=2)  # three remembered
    waves = model.relative_positional_encoding(4, 7).double()
    away = torch.einsum("ibe,ehd->ibhd", waves, layer.r).expand(-1, 2, -1, -1)
    there = (states.permute(2, 0, 1, 3) for states in (query, key, value))
    expected = layer.rel_attn_core(*there, away).permute(1, 2, 0, 3)

    asking, bias = positions(query, 7)
    seen = attention(asking, key, value, bias=bias, impl=impl)
    torch.testing.assert_close(seen.output, expected, **SINGLE)


@pytest.mark.parametrize("length", [1, 4, 9])
def test_disentangled_positions_equal_deberta(length):
    config = DebertaConfig(
        hidden_size=12,
        num_attention_heads=3,
        relative_attention=True,
        max_relative_positions=4,
        pos_att_type=["c2p", "p2c"],
    )
    theirs = DisentangledSelfAttention(config).double().eval()
    theirs.pos_q_proj.bias.data.zero_()  # the paper has none
    theirs.max_relative_positions = min(4, length)  # its table ends with the sequence
    positions = DisentangledPositions(12, heads=3, head_size=4, longest=min(4, length)).double()
    positions.key.weight.data = theirs.pos_proj.weight.data
    positions.query.weight.data = theirs.pos_q_proj.weight.data

    query, key = normal(2, 3, length, 4), normal(2, 3, length, 4, seed=1)
    away = build_relative_position(query, key)
    expected = 0
    # The code looks up both terms at i − j; the paper, and so attnlib, the second one at j − i.
    for kind, distance in (("c2p", away), ("p2c", -away)):
        theirs.pos_att_type = [kind]
        expected = expected + theirs.disentangled_att_bias(
            query / math.sqrt(12), key, distance, positions.table, 3
        )
    torch.testing.assert_close(positions(query, key), expected, **SINGLE)  # its √12 is float32


def test_disentangled_attention_by_hand():
    """Two tokens, D = 1: kʳ and qʳ are the rows 1, 2 of the table for the distances −1 and 0."""
    positions = DisentangledPositions(1, heads=1, head_size=1, longest=1).double()
    positions.table.data = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    positions.key.weight.data = torch.ones(1, 1, dtype=torch.float64)
    positions.query.weight.data = torch.full((1, 1), 10.0, dtype=torch.float64)
    query = torch.tensor([3.0, 5.0], dtype=torch.float64).view(1, 1, 2, 1)
    key = torch.tensor([7.0, 11.0], dtype=torch.float64).view(1, 1, 2, 1)
    by_hand = [
        [3 * 2 + 7 * 20, 3 * 1 + 11 * 20],  # j − i = 1 is clipped to 0
        [5 * 2 + 7 * 10, 5 * 2 + 11 * 20],  # i − j = 1 is clipped to 0
    ]
    expected = torch.tensor(by_hand, dtype=torch.float64) / math.sqrt(3)
    torch.testing.assert_close(positions(query, key)[0, 0], expected, **EXACT)


@pytest.mark.parametrize(
    "bias",
    [
        lambda query, key: DistanceSinusoids(6, heads=2, head_size=4).double()(query, key.shape[2])[
            1
        ],
        lambda query, key: DisentangledPositions(6, heads=2, head_size=4, longest=2).double()(
            query, key
        ),
    ],
    ids=["sinusoids", "disentangled"],
)
def test_the_last_queries_alone_get_the_same_bias(bias):
    query, key = normal(1, 2, 6, 4), normal(1, 2, 6, 4, seed=1)
    torch.manual_seed(0)
    whole = bias(query, key)
    torch.manual_seed(0)
    torch.testing.assert_close(bias(query[:, :, -2:], key), whole[:, :, -2:], **EXACT)


QUERY, KEY = normal(2, 2, 5, 4), normal(2, 2, 5, 4, seed=1)
MASKED = {
    "sinusoids": lambda mask: DistanceSinusoids(6, heads=2, head_size=4).double()(
        QUERY, 5, mask=mask
    ),
    "disentangled": lambda mask: DisentangledPositions(6, heads=2, head_size=4, longest=2).double()(
        QUERY, KEY, mask=mask
    ),
    "contextual": lambda mask: filled(ContextualPositions(4, longest=3))(QUERY, KEY, mask=mask),
    "path": lambda mask: householder_bias(QUERY, KEY, KEY, KEY[..., 0], mask=mask),
}


def filled(positions):
    torch.nn.init.normal_(positions.table)
    return positions.double()


@pytest.mark.parametrize("bias", MASKED.values(), ids=MASKED)
def test_a_boolean_mask_is_the_mask_it_spells_out(bias):
    padding = masks.Padding(torch.tensor([3, 5]))
    results = []
    for mask in (padding, padding.dense(5)):
        torch.manual_seed(0)
        result = bias(mask)
        results.append(torch.cat(result, dim=-1) if isinstance(result, tuple) else result)
    assert torch.equal(results[0], results[1])
    with pytest.raises(ValueError, match="mask is for 3 sequences, but query has 2"):
        bias(masks.Padding(torch.tensor([3, 5, 4])))
    with pytest.raises(TypeError, match="mask must be"):
        bias([[True]])


def test_relative_attention_hides_what_the_mask_hides():
    query, key, value = (normal(1, 2, 5, 4, seed=seed).detach() for seed in range(3))
    positions = RelativeAttention(4, longest=3).double()
    hidden = masks.Padding(torch.tensor([3]))
    before = positions(query, key, value, mask=hidden).output
    key[:, :, 3:], value[:, :, 3:] = torch.nan, torch.nan
    assert torch.equal(positions(query, key, value, mask=hidden).output, before)
    nothing = positions(query, key, value, mask=~masks.Prefix(5)).output
    assert torch.equal(nothing, torch.zeros_like(nothing))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda q: RelativeAttention(4, longest=0), "longest must be at least 1, got 0"),
        (lambda q: RelativeAttention(3, longest=1)(q, q, q), "query has size 4, but the table"),
        (lambda q: DistanceSinusoids(7, heads=2, head_size=4), "size must be even, got 7"),
        (lambda q: DistanceSinusoids(8, heads=3, head_size=4)(q, 5), "query has 2 heads of size 4"),
        (
            lambda q: DisentangledPositions(8, heads=2, head_size=4, longest=0),
            "longest must be at least 1",
        ),
        (
            lambda q: DisentangledPositions(8, heads=2, head_size=4, longest=1)(q, q[..., :2]),
            "key has size 2, but query has 4",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make(torch.zeros(1, 2, 5, 4))
