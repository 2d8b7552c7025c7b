"""The same equation, computed faster or in pieces."""

import torch
from torch import Tensor

from attnlib import masks
from attnlib.attention import Attended, attention
from attnlib.cache import KVCache
from attnlib.catalogue.entry import Entry, Limit, Property
from attnlib.catalogue.masks_and_biases import causal
from attnlib.catalogue.scores import scaled_dot
from attnlib.catalogue.structure import causal as causal_layer
from attnlib.distributed import ring_attention, ring_in_turn
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.kernels.banded import banded
from attnlib.kernels.chunked import chunked
from attnlib.kernels.split import split_keys
from attnlib.kernels.tiled import tiled
from attnlib.online_softmax import online_softmax
from attnlib.paged_cache import PagedKVCache, PagePool

ORACLE = "F.scaled_dot_product_attention"
TESTS = "tests/oracles/test_exact_kernels.py::"
PLAIN: frozenset[Property] = frozenset({"weighted sum", "normalized"})


def scale_of(query: Tensor) -> float:
    return float(query.shape[-1] ** -0.5)


def online(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=online_softmax)


def in_chunks(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return chunked(query, key, value, query_chunk=2, key_chunk=3)


def one_chunk(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return chunked(query, key, value)


def flash(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=masks.Causal(), impl="tiled")


def flash_in_small_tiles(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scale = scale_of(query)
    return tiled(
        query, key, value, mask=masks.Causal(), bias=None, scale=scale, dropout_p=0, tile=2
    )


def band(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    mask = masks.Causal() & masks.Window(3)
    return attention(query, key, value, mask=mask, impl="banded")


def band_in_small_blocks(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    mask, scale = masks.Causal() & masks.Window(3), scale_of(query)
    return banded(query, key, value, mask=mask, bias=None, scale=scale, dropout_p=0, block=2)


def masked_band(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    mask = masks.Causal() & masks.Window(3)
    return attention(query, key, value, mask=mask, impl="reference")


def widest_band(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    mask = masks.Causal() & masks.Window(key.shape[2])
    return attention(query, key, value, mask=mask, impl="banded")


def prefill(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4).to(x)(x, mask=masks.Causal(), cache=KVCache())


def decode(x: Tensor) -> Tensor:
    layer, cache = MultiHeadAttention(16, heads=4).to(x), KVCache()
    steps = [layer(token, mask=masks.Causal(), cache=cache) for token in x.split(1, dim=1)]
    return torch.cat(steps, dim=1)


@torch.no_grad()
def decode_in_place(x: Tensor) -> Tensor:
    layer, cache = MultiHeadAttention(16, heads=4).to(x), KVCache(capacity=x.shape[1])
    steps = [layer(token, mask=masks.Causal(), cache=cache) for token in x.split(1, dim=1)]
    return torch.cat(steps, dim=1)


@torch.no_grad()
def decode_on_pages(x: Tensor) -> Tensor:
    """Every sequence of the batch has its own table; their pages lie in one pool."""
    layer = MultiHeadAttention(16, heads=4).to(x)
    pages = x.shape[0] * x.shape[1]
    pool = PagePool(pages, page_size=2, key_heads=4, head_size=4, dtype=x.dtype, device=x.device)
    caches = [PagedKVCache(pool) for _ in x]
    steps = [
        torch.cat(
            [
                layer(mine, mask=masks.Causal(), cache=cache)
                for mine, cache in zip(token.split(1), caches, strict=True)
            ]
        )
        for token in x.split(1, dim=1)
    ]
    return torch.cat(steps, dim=1)


def split(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return split_keys(query, key, value, splits=3)


def one_split(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return split_keys(query, key, value, splits=1)


def ring(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return ring_in_turn(query, key, value, mask=masks.Causal(), processes=query.shape[2])


def ring_of_one(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return ring_in_turn(query, key, value, mask=masks.Causal(), processes=1)


ENTRIES = [
    Entry(
        name="Online softmax",
        family="exact and faster",
        tier=2,
        cite="milakov2018",
        formula=r"m_j = \max(m_{j-1}, s_j),\ d_j = d_{j-1}e^{m_{j-1}-m_j} + e^{s_j-m_j}",
        time="T²",
        memory="T²",
        chapter="13_flash_attention",
        implementation=online_softmax,
        example=online,
        oracle=ORACLE,
        test=TESTS + "test_the_online_softmax_equals_pytorch",
        properties=PLAIN | {"unordered"},
        forms={"all at once": scaled_dot},
    ),
    Entry(
        name="Memory-efficient attention in chunks",
        family="exact and faster",
        tier=2,
        cite="rabe2021",
        formula=r"o = \sum_c e^{\ell_c - \ell}\,o_c,\ \ell = \log\sum_c e^{\ell_c}",
        time="T²",
        memory="√T beyond inputs and output",
        chapter="13_flash_attention",
        implementation=chunked,
        example=in_chunks,
        oracle=ORACLE,
        test=TESTS + "test_pieces_of_any_size_equal_pytorch_under_every_mask",
        properties=frozenset({"unordered"}),
        forms={"all at once": scaled_dot},
        limits=(Limit("one chunk is plain attention", one_chunk, scaled_dot),),
    ),
    Entry(
        name="FlashAttention",
        family="exact and faster",
        tier=2,
        cite="dao2022",
        formula=r"dS = P \circ (dO\,V^\top - \mathrm{rowsum}(dO \circ O))",
        time="T²",
        memory="T",
        chapter="13_flash_attention",
        implementation=tiled,
        example=flash,
        oracle=ORACLE,
        test=TESTS + "test_pieces_of_any_size_equal_pytorch_under_every_mask",
        properties=PLAIN | {"causal"},
        forms={"all at once": causal, "small tiles": flash_in_small_tiles},
    ),
    Entry(
        name="Banded sliding window",
        family="exact and faster",
        tier=2,
        cite="beltagy2020",
        formula=r"0 \le i - j < W",
        time="T · W",
        memory="T · W",
        chapter="10_sparse_patterns",
        implementation=banded,
        example=band,
        oracle=ORACLE,
        test=TESTS + "test_bands_of_any_width_and_block_equal_pytorch",
        properties=PLAIN | {"causal"},
        forms={"the whole mask": masked_band, "small blocks": band_in_small_blocks},
        limits=(Limit("W = T is causal", widest_band, causal),),
    ),
    Entry(
        name="Key-value cache",
        family="exact and faster",
        tier=2,
        cite="pope2023",
        formula=r"K_{\le t} = [K_{<t};\, k_t],\ V_{\le t} = [V_{<t};\, v_t]",
        time="T a token",
        memory="2 · G · D · T",
        chapter="14_inference",
        implementation=KVCache,
        example=prefill,
        inputs="x",
        oracle="nn.MultiheadAttention, one causal pass",
        test=TESTS + "test_decoding_with_a_cache_equals_pytorch_in_one_pass",
        properties=frozenset({"causal"}),
        forms={"one by one": decode, "in place": decode_in_place, "no cache": causal_layer},
    ),
    Entry(
        name="Paged cache (PagedAttention)",
        family="exact and faster",
        tier=2,
        cite="kwon2023",
        formula=r"k_t = \mathrm{pool}[\mathrm{table}[\lfloor t/P\rfloor],\, t \bmod P]",
        time="T a token",
        memory="2 · G · D · T, at most a page lost a sequence",
        chapter="14_inference",
        implementation=PagedKVCache,
        example=decode_on_pages,
        inputs="x",
        oracle="nn.MultiheadAttention, one causal pass",
        test=TESTS + "test_decoding_with_a_cache_equals_pytorch_in_one_pass",
        properties=frozenset({"causal"}),
        forms={"one pass, no cache": causal_layer},
        differentiable=False,  # written in place
        uncaptured="the page table is a Python list: each new page would be another graph",
    ),
    Entry(
        name="Split-KV decoding (Flash-Decoding)",
        family="exact and faster",
        tier=2,
        cite="dao2023decoding",
        formula=r"o \mathrel{-}= \sigma(\ell_b - \ell)(o - o_b)",
        time="T a token, in parallel parts",
        memory="T",
        chapter="14_inference",
        implementation=split_keys,
        example=split,
        oracle=ORACLE,
        test=TESTS + "test_pieces_of_any_size_equal_pytorch_under_every_mask",
        properties=frozenset({"unordered"}),
        forms={"all at once": scaled_dot},
        limits=(Limit("one part is plain attention", one_split, scaled_dot),),
    ),
    Entry(
        name="Ring attention",
        family="exact and faster",
        tier=2,
        cite="liu2023",
        formula=r"o_p = \bigoplus_{r} \mathrm{attention}(Q_p, K_r, V_r)",
        time="T²/P a process",
        memory="T/P a process",
        chapter="17_across_machines",
        implementation=ring_attention,
        example=ring,
        oracle="the same on one process",
        test="tests/test_distributed.py::test_output_and_gradients_are_those_of_one_process",
        properties=frozenset({"causal"}),
        forms={"all at once": causal},
        limits=(Limit("one process is plain attention", ring_of_one, causal),),
    ),
]
