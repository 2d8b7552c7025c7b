"""Who may look at whom."""

import torch
from torch import Tensor

from attnlib.attention import Attended, attention
from attnlib.catalogue.entry import Entry, Limit, Property
from attnlib.catalogue.scores import scaled_dot
from attnlib.masks import Causal, Document, Padding, Prefix, Window

CHAPTER = "05_masks"
ORACLE = "F.scaled_dot_product_attention with the dense mask"


def causal(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal())


def padding(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    length = key.shape[2]
    return attention(query, key, value, mask=Padding(torch.tensor([length, (length + 1) // 2])))


def prefix(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() | Prefix(2))


def sliding_window(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & Window(3))


def document(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    ids = torch.arange(key.shape[2]) // 3
    return attention(query, key, value, mask=Causal() & Document(ids))


def widest_window(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & Window(key.shape[2]))


def no_prefix(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() | Prefix(0))


def whole_prefix(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() | Prefix(key.shape[2]))


PLAIN: frozenset[Property] = frozenset({"weighted sum", "normalized"})

ENTRIES = [
    Entry(
        name="Causal mask",
        family="masks and biases",
        tier=1,
        cite="vaswani2017",
        formula=r"j \le i",
        time="T²/2",
        memory="T",
        chapter=CHAPTER,
        implementation=Causal,
        example=causal,
        oracle=ORACLE,
        test="tests/oracles/test_masks.py::test_every_mask_equals_pytorch_with_the_dense_mask",
        properties=PLAIN | {"causal"},
    ),
    Entry(
        name="Padding mask",
        family="masks and biases",
        tier=1,
        cite="vaswani2017",
        formula=r"j < \mathrm{length}_b",
        time="T²",
        memory="T",
        chapter=CHAPTER,
        implementation=Padding,
        example=padding,
        oracle=ORACLE,
        test="tests/oracles/test_masks.py::test_every_mask_equals_pytorch_with_the_dense_mask",
        properties=PLAIN,
    ),
    Entry(
        name="Prefix language model",
        family="masks and biases",
        tier=2,
        cite="raffel2020",
        formula=r"j \le i \ \lor\ j < n",
        time="T²",
        memory="T",
        chapter=CHAPTER,
        implementation=Prefix,
        example=prefix,
        oracle=ORACLE,
        test="tests/oracles/test_masks.py::test_every_mask_equals_pytorch_with_the_dense_mask",
        properties=PLAIN,
        limits=(
            Limit("n = 0 is causal", no_prefix, causal),
            Limit("n = T is full attention", whole_prefix, scaled_dot),
        ),
    ),
    Entry(
        name="Sliding window",
        family="masks and biases",
        tier=2,
        cite="beltagy2020",
        formula=r"0 \le i - j < W",
        time="T · W",
        memory="T",
        chapter=CHAPTER,
        implementation=Window,
        example=sliding_window,
        oracle=ORACLE,
        test="tests/oracles/test_masks.py::test_every_mask_equals_pytorch_with_the_dense_mask",
        properties=PLAIN | {"causal"},
        limits=(Limit("W = T is causal", widest_window, causal),),
    ),
    Entry(
        name="Document mask (packing)",
        family="masks and biases",
        tier=2,
        cite="krell2021",
        formula=r"\mathrm{id}_j = \mathrm{id}_i",
        time="T²",
        memory="T",
        chapter=CHAPTER,
        implementation=Document,
        example=document,
        oracle=ORACLE,
        test="tests/oracles/test_masks.py::test_every_mask_equals_pytorch_with_the_dense_mask",
        properties=PLAIN | {"causal"},
    ),
]
