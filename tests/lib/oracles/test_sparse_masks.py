"""Sparse patterns against PyTorch with matrices built pair by pair from the papers' words."""

import pytest
import torch
import torch.nn.functional as F

from attnlib import attention, masks
from oracles.agreement import IMPLS, assert_agree, normal


def nearest(place, length, size):
    """The `size` places nearest to `place` in a row of `length`, as NAT picks them."""
    first = min(max(place - size // 2, 0), length - size)
    return range(first, first + size)


def neighbors(q, k, height, width, size):
    (y, x), (other_y, other_x) = divmod(q, width), divmod(k, width)
    return other_y in nearest(y, height, size) and other_x in nearest(x, width, size)


def big_bird(q, k):
    """Two tokens a block, one global block, the block and its two neighbors; nothing random."""
    block, other = q // 2, k // 2
    return block == 0 or other == 0 or other in (block - 1, block, block + 1)


# name: (the mask, its rule for a query at place q and a key at place k, Tq, Tk)
RULES = {
    "dilated": (masks.Dilated(2, step=3), lambda q, k: k in (q - 3, q, q + 3), 5, 8),
    "causal dilated": (
        masks.Causal() & masks.Dilated(3, step=2),
        lambda q, k: k in (q, q - 2, q - 4),
        8,
        8,
    ),
    "chunked": (
        masks.Causal() & masks.Chunk(3),
        lambda q, k: k in [[0], [0, 1], [0, 1, 2], [3], [3, 4], [3, 4, 5], [6], [6, 7]][q],
        6,
        8,
    ),
    "strided": (
        masks.Causal() & (masks.Window(4) | masks.Strided(3)),
        lambda q, k: max(0, q - 3) <= k <= q or (k <= q and (q - k) % 3 == 0),
        8,
        8,
    ),
    "BigBird without chance": (masks.BigBird(2, random=0), big_bird, 9, 11),
    "BigBird, first and last": (
        masks.BigBird(2, random=0, everywhere_last=1),
        lambda q, k: big_bird(q, k) or 5 in (q // 2, k // 2),
        9,
        11,
    ),
    "left and right": (masks.LeftRight(3, 1), lambda q, k: q - 3 <= k <= q + 1, 5, 8),
    "neighborhood": (
        masks.Neighborhood(4, 5, size=3),
        lambda q, k: neighbors(q, k, 4, 5, 3),
        20,
        20,
    ),
}


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("name", RULES)
def test_sparse_patterns_equal_pytorch_with_the_dense_mask(name, impl):
    mask, rule, query_length, key_length = RULES[name]
    query = normal(2, 2, query_length, 3)
    key, value = normal(2, 2, key_length, 3, seed=1), normal(2, 2, key_length, 5, seed=2)
    first = key_length - query_length
    allowed = torch.tensor(
        [[bool(rule(first + i, k)) for k in range(key_length)] for i in range(query_length)]
    )
    seen = attention(query, key, value, mask=mask, impl=impl)
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=allowed)
    assert_agree(seen.output, expected, (query, key, value))


def test_the_corner_pixel_sees_as_many_as_the_middle_one():
    picture = masks.Neighborhood(3, 3, size=3) & ~masks.Neighborhood(3, 3, size=1)
    assert picture.dense(9).sum(dim=-1).flatten().tolist() == [8] * 9


def test_a_corner_of_an_image_drawn():
    corner = masks.Neighborhood(4, 4, size=3).dense(16)[0, 0, 0].reshape(4, 4)
    assert corner.int().tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("seed", [0, 1])
def test_big_bird_draws_its_random_blocks_among_the_rest(seed):
    quiet = masks.BigBird(2, random=0).blocks(12)
    drawn = masks.BigBird(2, random=3, seed=seed).blocks(12) & ~quiet
    assert drawn[1:].sum(dim=-1).tolist() == [3] * 11
    assert drawn[0].sum() == 0  # the global block sees everything already


def test_big_bird_draws_the_same_from_the_same_seed():
    assert torch.equal(masks.BigBird(1, seed=5).dense(20), masks.BigBird(1, seed=5).dense(20))
    assert not torch.equal(masks.BigBird(1, seed=5).dense(20), masks.BigBird(1, seed=6).dense(20))


def test_two_steps_of_the_strided_pattern_reach_every_earlier_token():
    step = (masks.Causal() & (masks.Window(5) | masks.Strided(4))).dense(16)[0, 0].double()
    assert torch.equal((step @ step) > 0, masks.Causal().dense(16)[0, 0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: masks.Dilated(0, step=1), "width must be at least 1, got 0"),
        (lambda: masks.Dilated(2, step=0), "step must be at least 1, got 0"),
        (lambda: masks.Chunk(-1), "size must be at least 1, got -1"),
        (lambda: masks.Strided(0), "stride must be at least 1, got 0"),
        (lambda: masks.BigBird(2, random=-1), "random must be at least 0, got -1"),
        (lambda: masks.BigBird(2, everywhere_last=-1), "everywhere_last must be at least 0"),
        (lambda: masks.Neighborhood(4, 4, size=2), "size must be odd"),
        (lambda: masks.Neighborhood(4, 2, size=3), "size 3 is larger than 4 × 2 pixels"),
        (lambda: masks.Neighborhood(4, 4, size=3).dense(15), "16 pixels, but query has 15"),
        (lambda: masks.BigBird(2).dense(3, 2), "at least as many keys as queries"),
    ],
)
def test_bad_numbers_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("width", [1.5, True, "2"])
def test_only_whole_numbers_count(width):
    with pytest.raises(TypeError, match="width must be a whole number"):
        masks.Dilated(width, step=1)
