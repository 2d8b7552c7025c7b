"""The same equation, computed in pieces."""

from torch import Tensor

from attnlib import Attended, attention, masks
from attnlib.kernels import banded, chunked, tiled
from attnlib.kernels.online import online_softmax
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.masks_and_biases import causal
from course.catalogue.scores import scaled_dot

ORACLE = "F.scaled_dot_product_attention"
TESTS = "tests/lib/oracles/test_exact_kernels.py::"
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


ENTRIES = [
    Entry(
        name="Online softmax",
        tier=2,
        cite="milakov2018",
        formula=r"m_j = \max(m_{j-1}, s_j),\\ d_j = d_{j-1}e^{m_{j-1}-m_j} + e^{s_j-m_j}",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        same_as="Scaled dot product",
        implementation=online_softmax,
        example=online,
        oracle=ORACLE,
        test=TESTS + "test_the_online_softmax_equals_pytorch",
        properties=PLAIN | {"unordered"},
        forms={"all at once": scaled_dot},
    ),
    Entry(
        name="Memory-efficient attention in chunks",
        tier=2,
        cite="rabe2021",
        formula=r"o = \sum_c e^{\ell_c - \ell}\,o_c,\\ \ell = \log\sum_c e^{\ell_c}",
        time="T² · D",
        memory="T · D, of it √T · D beyond inputs and output",
        same_as="Scaled dot product",
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
        tier=2,
        cite="dao2022",
        formula=r"m' = \max(m, \max_j s_j),\\ \ell' = e^{m-m'}\ell + \textstyle\sum_j e^{s_j-m'},\\"
        r"o' = e^{m-m'}(\ell/\ell')\,o\\ {}+ \textstyle\sum_j (e^{s_j-m'}/\ell')\,v_j",
        time="T² · D",
        memory="T · D",
        same_as="Causal mask",
        implementation=tiled,
        example=flash,
        oracle=ORACLE,
        test=TESTS + "test_pieces_of_any_size_equal_pytorch_under_every_mask",
        properties=PLAIN | {"causal"},
        forms={"all at once": causal, "small tiles": flash_in_small_tiles},
    ),
    Entry(
        name="Banded sliding window",
        tier=2,
        cite="beltagy2020",
        formula=r"0 \le i - j < W",
        time="T · W · D",
        memory="T · (W + D)",
        same_as="Sliding window",
        implementation=banded,
        example=band,
        oracle=ORACLE,
        test=TESTS + "test_bands_of_any_width_and_block_equal_pytorch",
        properties=PLAIN | {"causal"},
        forms={"the whole mask": masked_band, "small blocks": band_in_small_blocks},
        limits=(Limit("W = T is causal", widest_band, causal),),
    ),
]
