"""Masks first held to matrices made pair by pair, against transformers, PyTorch and SciPy."""

import pytest
import torch
import torch.nn.functional as F
from scipy.spatial import KDTree
from transformers import BigBirdConfig, masking_utils
from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention, BigBirdModel

from attnlib import attention, masks
from attnlib.layout import merge_heads, split_heads
from oracles.agreement import assert_agree, normal
from oracles.in_double import in_double
from oracles.models import randomized

IDS = torch.tensor([[0, 0, 1, 1, 1, 2, 2], [0, 1, 1, 1, 1, 1, 2]])
FIRST = torch.where(torch.arange(7) < 3, 0, -1).expand(2, -1)  # −1: in no block
CAUSAL = masking_utils.causal_mask_function


def every(step):
    """Their rule for documents, of which each has a token every `step`."""
    return masking_utils.packed_sequence_mask_function((torch.arange(7) % step).expand(2, -1))


RULES = {
    "causal": (masks.Causal(), CAUSAL),
    "padding": (
        masks.Padding(torch.tensor([7, 4])),
        masking_utils.padding_mask_function(torch.arange(7) < torch.tensor([[7], [4]])),
    ),
    "prefix": (
        masks.Causal() | masks.Prefix(3),
        masking_utils.or_masks(CAUSAL, masking_utils.blockwise_overlay(FIRST)),
    ),
    "sliding window": (
        masks.Causal() & masks.Window(3),
        masking_utils.sliding_window_causal_mask_function(3),
    ),
    "documents": (
        masks.Causal() & masks.Document(IDS),
        masking_utils.and_masks(CAUSAL, masking_utils.packed_sequence_mask_function(IDS)),
    ),
    "dilated": (
        masks.Causal() & masks.Dilated(3, step=2),
        masking_utils.and_masks(masking_utils.sliding_window_causal_mask_function(5), every(2)),
    ),
    "strided": (
        masks.Causal() & (masks.Window(3) | masks.Strided(4)),
        masking_utils.and_masks(
            CAUSAL, masking_utils.or_masks(masking_utils.sliding_window_overlay(3), every(4))
        ),
    ),
    "chunked": (
        masks.Causal() & masks.Chunk(3),
        masking_utils.chunked_causal_mask_function(3, torch.zeros(2, dtype=torch.long)),
    ),
}


def states(length):
    """Query, key and value."""
    return [normal(2, 2, length, 4, seed=seed) for seed in range(3)]


def alone(query, key, value, asking, seen):
    """These tokens' output by PyTorch, over those keys and no others."""
    return F.scaled_dot_product_attention(query[:, :, asking], key[:, :, seen], value[:, :, seen])


@pytest.mark.parametrize("name", RULES)
def test_masks_equal_the_rules_of_transformers_in_pytorch(name):
    mask, rule = RULES[name]
    parts, places = states(7), torch.arange(7)
    allowed = rule(torch.arange(2).view(2, 1, 1, 1), 0, places.unsqueeze(1), places)
    expected = F.scaled_dot_product_attention(*parts, attn_mask=allowed.expand(2, 1, 7, 7))
    assert_agree(attention(*parts, mask=mask).output, expected, parts)


@pytest.mark.parametrize(("left", "right"), [(2, 1), (0, 3), (9, 0)])
def test_a_window_of_two_edges_is_a_band_of_pytorchs(left, right):
    parts = states(7)
    band = torch.ones(7, 7, dtype=torch.bool).triu(-left).tril(right)
    ours = attention(*parts, mask=masks.LeftRight(left, right)).output
    assert_agree(ours, F.scaled_dot_product_attention(*parts, attn_mask=band), parts)


@pytest.mark.parametrize("length", [18, 20])
@pytest.mark.parametrize("random", [1, 2])
def test_big_bird_equals_transformers_with_the_blocks_that_ours_draws(length, random):
    options = {"block": 2, "everywhere_last": 1}
    mask, number = masks.BigBird(**options, random=random), length // 2
    drawn = mask.blocks(number) & ~masks.BigBird(**options, random=0).blocks(number)
    drawn = drawn[1:-1].nonzero()[:, 1].view(number - 2, random)
    config = BigBirdConfig(
        hidden_size=8, num_attention_heads=2, block_size=2, num_random_blocks=random
    )
    x, there = normal(2, length, 8), torch.ones(2, length).double()
    blocked, band, rows, columns = BigBirdModel.create_masks_for_block_sparse_attn(there, 2)
    with in_double():
        theirs = randomized(BigBirdBlockSparseAttention(config))
        theirs._bigbird_block_rand_mask_with_head = lambda **_: [drawn.numpy()] * 2
        expected = theirs(x, band, rows, columns, blocked, blocked)[0]
    parts = (split_heads(part(x), 2) for part in (theirs.query, theirs.key, theirs.value))
    assert_agree(merge_heads(attention(*parts, mask=mask).output), expected, (x,))


@pytest.mark.parametrize("block", [1, 2, 3])
def test_blocks_of_a_diffusion_equal_pytorch_block_by_block_without_a_mask(block):
    parts, places = states(14), torch.arange(14)
    rows = [
        alone(*parts, own, torch.cat((own, places[7 : 7 + own[0]])))
        for own in places[:7].split(block)
    ]
    rows += [alone(*parts, own, places[7 : own[-1] + 1]) for own in places[7:].split(block)]
    ours = attention(*parts, mask=masks.BlockDiffusion(7, block=block)).output
    assert_agree(ours, torch.cat(rows, dim=2), parts)


def test_answers_after_one_prefix_equal_pytorch_on_each_alone():
    parts, places = states(9), torch.arange(9)
    ours = attention(*parts, mask=masks.shared_prefix(3, [2, 4])).output
    for answer in places[3:].split([2, 4]):
        text = torch.cat((places[:3], answer))
        chosen = (one[:, :, text] for one in parts)
        expected = F.scaled_dot_product_attention(*chosen, is_causal=True)
        assert_agree(ours[:, :, text], expected, parts)


def nearest(length, size, dilation, stride):
    """Who sees whom along one axis: those nearest to the middle one of the pixel's stride."""
    seen = torch.zeros(length, length, dtype=torch.bool)
    for rest in range(dilation):
        line = torch.arange(rest, length, dilation)
        for together in line.split(stride):
            middle = min(together[0] + stride // 2 * dilation, line[-1])
            chosen = KDTree(line.unsqueeze(1)).query([middle], k=size)[1]
            seen[together.unsqueeze(1), line[chosen]] = True
    return seen


@pytest.mark.parametrize(
    ("size", "dilation", "stride"), [(3, 1, 1), (3, 2, 1), (3, 1, 3), (5, 1, 2), (3, 2, 2)]
)
def test_a_neighborhood_is_of_the_nearest_that_scipy_finds(size, dilation, stride):
    ours = masks.Neighborhood(6, 7, size=size, dilation=dilation, stride=stride).dense(42)[0, 0]
    rows, columns = (nearest(length, size, dilation, stride) for length in (6, 7))
    expected = rows[:, None, :, None] & columns[None, :, None, :]
    assert torch.equal(ours, expected.reshape(42, 42))
