"""What is kept of the past, and the past in parts: caches, splits, the ring."""

import torch
from torch import Tensor

from attnlib import masks
from attnlib.caches.growing import KVCache
from attnlib.caches.paged import PagedKVCache, PagePool
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.kernels import split_keys
from attnlib.parallel import ring_attention, ring_in_turn
from course.catalogue.entry import Entry, Limit
from course.catalogue.masks_and_biases import causal
from course.catalogue.scores import scaled_dot
from course.catalogue.structure import causal as causal_layer

ORACLE = "F.scaled_dot_product_attention"
TESTS = "tests/lib/oracles/test_exact_kernels.py::"


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
        name="Key-value cache",
        tier=2,
        cite="pope2023",
        formula=r"K_{\le t} = [K_{<t};\, k_t],\\ V_{\le t} = [V_{<t};\, v_t]",
        time="T · D per token",
        memory="2 · G · D · T for all heads",
        same_as="Causal mask",
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
        tier=2,
        cite="kwon2023",
        formula=r"k_t = \mathrm{pool}[\mathrm{table}[\lfloor t/P\rfloor],\, t \bmod P]",
        time="T · D per token",
        memory="2 · G · D · T for all heads, and at most one page unused per sequence",
        same_as="Causal mask",
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
        tier=2,
        cite="dao2023decoding",
        formula=r"o' = o - \sigma(\ell_b - \ell)(o - o_b),\\ \ell' = \log(e^{\ell} + e^{\ell_b})",
        time="T · D per token, in parallel parts",
        memory="T · D",
        same_as="Scaled dot product",
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
        tier=2,
        cite="liu2023",
        formula=r"o_p = \bigoplus_{r} \mathrm{attention}(Q_p, K_r, V_r)",
        time="T²/P · D per process",
        memory="T/P · D per process",
        same_as="Causal mask",
        implementation=ring_attention,
        example=ring,
        oracle="F.scaled_dot_product_attention on one process",
        test="tests/lib/test_distributed.py::test_output_and_gradients_are_those_of_one_process",
        properties=frozenset({"causal"}),
        forms={"all at once": causal},
        limits=(Limit("one process is plain attention", ring_of_one, causal),),
    ),
]
