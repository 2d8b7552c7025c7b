"""The Set Transformer's blocks, against torch_geometric."""

import pytest
import torch
from torch_geometric.nn.aggr.utils import (
    InducedSetAttentionBlock,
    PoolingByMultiheadAttention,
    SetAttentionBlock,
)

from attnlib import masks
from attnlib.sets.induced import InducedSetAttention
from attnlib.sets.pooling import AttentionPooling
from attnlib.sets.set_attention import SetAttention
from oracles.agreement import assert_agree, normal

SIZE, HEADS = 8, 2


@pytest.fixture
def x():
    return normal(2, 5, SIZE)


def copy(ours, theirs):
    """Their block into ours; its norms are first given numbers other than 1 and 0."""
    for norm, other in ((ours.norm, theirs.layer_norm1), (ours.forward_norm, theirs.layer_norm2)):
        for part in (other.weight, other.bias):
            torch.nn.init.normal_(part)
        norm.load_state_dict(other.state_dict())
    parts = (ours.attention.query, ours.attention.key, ours.attention.value)
    weights, biases = theirs.attn.in_proj_weight.chunk(3), theirs.attn.in_proj_bias.chunk(3)
    for part, weight, bias in zip(parts, weights, biases, strict=True):
        part.weight.data, part.bias.data = weight.data, bias.data
    ours.attention.output.load_state_dict(theirs.attn.out_proj.state_dict())
    ours.forward_layer[0].load_state_dict(theirs.lin.state_dict())


def test_set_attention_equals_torch_geometric(x):
    theirs, ours = SetAttentionBlock(SIZE, HEADS).double(), SetAttention(SIZE, HEADS).double()
    copy(ours.block, theirs.mab)
    assert_agree(ours(x), theirs(x), (x,))


def test_induced_set_attention_equals_torch_geometric(x):
    theirs = InducedSetAttentionBlock(SIZE, 3, HEADS).double()
    ours = InducedSetAttention(SIZE, HEADS, points=3).double()
    ours.points.data = theirs.ind.data[0]
    copy(ours.gather, theirs.mab1)
    copy(ours.spread, theirs.mab2)
    assert_agree(ours(x), theirs(x), (x,))


def test_pooling_equals_torch_geometric(x):
    theirs = PoolingByMultiheadAttention(SIZE, 3, HEADS).double()
    ours = AttentionPooling(SIZE, HEADS, seeds=3).double()
    ours.seeds.data = theirs.seed.data[0]
    ours.forward_layer[0].load_state_dict(theirs.lin.state_dict())
    copy(ours.block, theirs.mab)
    assert_agree(ours(x), theirs(x), (x,))


LAYERS = {
    "SAB": SetAttention(SIZE, HEADS).double(),
    "ISAB": InducedSetAttention(SIZE, HEADS, points=3).double(),
    "PMA": AttentionPooling(SIZE, HEADS, seeds=3).double(),
}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def test_what_is_pooled_does_not_depend_on_the_order(x):
    layer = LAYERS["PMA"]
    assert_agree(layer(x[:, [3, 0, 4, 1, 2]]), layer(x))


@every_layer
def test_elements_that_are_not_there_change_nothing(layer, x):
    there = masks.Padding(torch.tensor([3, 3]))
    output = layer(x, mask=there)
    short = layer(x[:, :3])
    kept = output if layer is LAYERS["PMA"] else output[:, :3]
    assert_agree(kept, short)


@every_layer
def test_elements_of_another_size_are_refused(layer):
    with pytest.raises(ValueError, match=r"must have the axes \(B, T, 8\), got \(2, 5, 7\)"):
        layer(normal(2, 5, 7))


def test_no_points_and_no_seeds_are_refused():
    with pytest.raises(ValueError, match="points must be at least 1, got 0"):
        InducedSetAttention(SIZE, HEADS, points=0)
    with pytest.raises(ValueError, match="seeds must be at least 1, got 0"):
        AttentionPooling(SIZE, HEADS, seeds=0)
