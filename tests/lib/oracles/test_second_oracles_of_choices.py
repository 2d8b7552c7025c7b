"""Choices first held to loops, against flash-linear-attention, SciPy and mpmath's intervals."""

import sys
from unittest.mock import Mock, patch

import mpmath
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import uniform_filter1d
from torch.nn.attention.bias import causal_lower_right

from attnlib.layout import split_heads
from attnlib.sparse import observed, page_bounds, switchable
from attnlib.sparse.mixture_of_blocks import mixture_of_block_attention
from attnlib.sparse.native import NativeSparseAttention
from oracles.agreement import EXACT, normal
from oracles.fla import reference, time_first
from oracles.in_double import in_double

HELPERS = tuple(f"fla.ops.utils{room}" for room in ("", ".pooling", ".index"))
ABSENT = (*HELPERS, "flash_attn", "flash_attn.flash_attn_interface")  # kernels, replaced or unused
SEEN = torch.ones(24, 24, dtype=torch.bool).tril()
ENDS = torch.tensor([0, 3, 6, 9, 11])
BLOCK, COUNT, SCALE = 4, 4, 3**-0.5


@pytest.fixture(scope="module")
def naive():
    with patch.dict(sys.modules, {name: Mock() for name in ABSENT}):
        return reference("nsa")


@pytest.fixture(scope="module")
def moba():
    """Of one sequence of 11 tokens in blocks of 3."""
    with patch.dict(sys.modules, {name: Mock() for name in ABSENT}):
        module = reference("moba", "parallel")
    blocks = ENDS, torch.arange(3), 3, torch.zeros(3, dtype=torch.long)  # the last is no target
    module.prepare_moba_chunks = lambda *_: blocks
    module.prepare_cu_seqlens_from_lens = lambda lengths: F.pad(lengths.cumsum(0), (1, 0))
    module._flash_attn_varlen_forward = flash_by_pytorch
    return module


def flash_by_pytorch(*, q, k, v, cu_seqlens_q, cu_seqlens_k, causal, **_):
    """In place of their kernel: each stretch's output, and the logarithms of its rows' sums."""
    outputs, sums = [], []
    asked, read = (ends.diff().tolist() for ends in (cu_seqlens_q, cu_seqlens_k))
    stretches = zip(q.split(asked), k.split(read), v.split(read), strict=True)
    for query, key, value in (map(heads_first, parts) for parts in stretches):
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
        outputs.append(heads_first(seen))
        future = torch.full((query.shape[1], key.shape[1]), -torch.inf).triu(1) if causal else 0
        sums.append((query @ key.mT / query.shape[-1] ** 0.5 + future).logsumexp(dim=-1))
    return torch.cat(outputs), torch.cat(sums, dim=1), None, None


def heads_first(states):
    return states.transpose(0, 1)


@pytest.fixture(autouse=True)
def oracles_in_float64():
    with in_double():
        yield


def test_native_with_one_kind_of_block_equals_flash_linear_attention(naive):
    """The overview through our compressor; their window needs a GPU, so that one is PyTorch's."""
    sizes = {"length": BLOCK, "stride": BLOCK, "block": BLOCK, "count": COUNT, "window": 3}
    layer, x = NativeSparseAttention(8, 4, key_heads=2, head_size=3, **sizes), normal(2, 24, 8)
    query = split_heads(layer.query(x), 4)
    overview, chosen, near = (
        tuple(split_heads(one, 2) for one in both)
        for both in zip(layer.key(x).chunk(3, -1), layer.value(x).chunk(3, -1), strict=True)
    )
    overview = layer.compress_key(overview[0]), layer.compress_value(overview[1])
    asked, keys, values = (time_first(one) for one in (query, *overview))
    indices = naive.naive_nsa_topk(asked, keys, COUNT, BLOCK, SCALE)
    branches = (
        naive.naive_nsa_compression(asked, keys, values, BLOCK, SCALE)[0],
        naive.naive_nsa_selection(asked, *map(time_first, chosen), indices, BLOCK),
        time_first(
            F.scaled_dot_product_attention(query, *near, attn_mask=SEEN.triu(-2), enable_gqa=True)
        ),
    )
    gates = layer.gate(x).sigmoid().unflatten(-1, (3, 4, 1)).unbind(2)
    heads = sum(gate * branch for gate, branch in zip(gates, branches, strict=True))
    torch.testing.assert_close(layer(x), layer.output(heads.flatten(2)), **EXACT)


def test_switched_blocks_with_a_summary_each_equal_flash_linear_attention(naive):
    query, key = normal(2, 4, 24, 3).detach(), normal(2, 2, 24, 3, seed=1).detach()
    means = F.avg_pool1d(key.flatten(0, 1).mT, BLOCK).mT.unflatten(0, (2, 2))
    chosen = naive.naive_nsa_topk(time_first(query), time_first(means), COUNT, BLOCK, SCALE)
    blocks = F.one_hot(time_first(chosen) + 1, 7)[..., 1:].sum(dim=-2)  # −1: none
    expected = blocks.repeat_interleave(BLOCK, dim=-1).bool() & SEEN
    sizes = {"block": BLOCK, "count": COUNT, "length": BLOCK, "stride": BLOCK, "local": 2}
    ours = switchable.select(query, key, **sizes).allowed
    assert torch.equal(ours, expected.repeat_interleave(2, dim=1))


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("count", [2, 3, 9])
def test_mixture_of_blocks_equals_flash_linear_attention(moba, count):
    """Its gate, choice and merging of two attentions, over a kernel of PyTorch's."""
    parts = [normal(1, 4, 11, 4, seed=seed).detach() for seed in range(3)]
    first = (time_first(one).contiguous() for one in parts)
    theirs = moba.parallel_moba(*first, torch.tensor([0, 11]), 11, 3, count)
    ours = mixture_of_block_attention(*parts, block=3, count=count).output
    torch.testing.assert_close(ours, time_first(theirs), **EXACT)


def test_observed_keys_are_those_of_scipys_filter():
    query, key = normal(2, 4, 12, 3).detach(), normal(2, 2, 12, 3, seed=1).detach()
    wide, own = key.repeat_interleave(2, dim=1), torch.eye(12).double().expand(2, 4, -1, -1)
    rule = causal_lower_right(3, 12)
    weights = F.scaled_dot_product_attention(query[:, :, 9:], wide, own, attn_mask=rule)
    votes = weights[..., :9].unflatten(1, (2, 2)).sum(dim=(2, 3)).numpy()
    smooth = torch.from_numpy(uniform_filter1d(votes, 3, mode="constant"))
    expected = torch.ones(2, 2, 12).index_fill(2, torch.arange(9), 0)
    expected.scatter_(2, smooth.topk(2).indices, 1)
    kept = observed.select(query, key, observed=3, count=2, pool=3).allowed
    assert torch.equal(kept.squeeze(2), expected.bool().repeat_interleave(2, dim=1))


def test_pages_are_the_best_by_mpmaths_intervals():
    """A page as a box: what its dot product with the query can be is an interval."""
    query, key, page = normal(1, 1, 11, 3).detach(), normal(1, 1, 11, 3, seed=1).detach(), 3
    boxes = [
        [mpmath.iv.mpf([min(column), max(column)]) for column in zip(*keys, strict=True)]
        for keys in (part.tolist() for part in key[0, 0].split(page))
    ]
    highest = [
        [float(mpmath.iv.fdot(asking, box).b) for box in boxes] for asking in query[0, 0].tolist()
    ]
    highest = torch.tensor(highest, dtype=torch.float64)
    torch.testing.assert_close(page_bounds.bounds(query, key, page=page)[0, 0], highest, **EXACT)
    chosen = torch.zeros(11, len(boxes), dtype=torch.bool)
    for token, row in enumerate(highest):
        own = token // page
        others = row[:own].topk(min(1, own)).indices
        chosen[token, own] = chosen[token, others] = True
    expected = chosen.repeat_interleave(page, dim=1)[:, :11].tril()
    assert torch.equal(page_bounds.select(query, key, page=page, count=2).allowed[0, 0], expected)
