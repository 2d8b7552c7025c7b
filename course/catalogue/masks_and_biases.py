"""Who may look at whom, and what is added to or done to the scores for it."""

import torch
from torch import Tensor

from attnlib import Attended, attention
from attnlib.masks import Causal, Document, Padding, Prefix, Window
from attnlib.positions import alibi
from attnlib.scores.soft_cap import SoftCap
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.scores import scaled_dot

BY_PYTORCH = "in F.scaled_dot_product_attention"
TEST = (
    "tests/lib/oracles/test_second_oracles_of_masks.py::"
    "test_masks_equal_the_rules_of_transformers_in_pytorch"
)


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


def linear_biases(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    bias = alibi(query.shape[1], query.shape[2], key.shape[2], like=query)
    return attention(query, key, value, mask=Causal(), bias=bias)


def soft_capped(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=SoftCap(1.0))


def high_cap(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=SoftCap(1e6))


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
        tier=1,
        cite="vaswani2017",
        formula=r"j \le i",
        time="T² · D, half of the pairs",
        memory="T · D (fused), T² (weights read)",
        implementation=Causal,
        example=causal,
        oracle=f"transformers causal_mask_function, {BY_PYTORCH}",
        test=TEST,
        properties=PLAIN | {"causal"},
    ),
    Entry(
        name="Padding mask",
        tier=1,
        cite="paszke2019",
        formula=r"j < \mathrm{length}_b",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=Padding,
        example=padding,
        oracle=f"transformers padding_mask_function, {BY_PYTORCH}",
        test=TEST,
        properties=PLAIN,
    ),
    Entry(
        name="Prefix language model",
        tier=2,
        cite="raffel2020",
        formula=r"j \le i \ \lor\ j < n",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=Prefix,
        example=prefix,
        oracle=f"transformers blockwise_overlay, {BY_PYTORCH}",
        test=TEST,
        properties=PLAIN,
        limits=(
            Limit("n = 0 is causal", no_prefix, causal),
            Limit("n = T is full attention", whole_prefix, scaled_dot),
        ),
    ),
    Entry(
        name="Sliding window",
        tier=2,
        cite="beltagy2020",
        formula=r"0 \le i - j < W",
        time="T · W · D; here T² · D below 2,048 tokens",
        memory="T · D (fused), T · W (here as a band)",
        implementation=Window,
        example=sliding_window,
        oracle=f"transformers sliding_window_causal_mask_function, {BY_PYTORCH}",
        test=TEST,
        properties=PLAIN | {"causal"},
        limits=(Limit("W = T is causal", widest_window, causal),),
    ),
    Entry(
        name="Document mask (packing)",
        tier=2,
        cite="krell2021",
        formula=r"j \le i \ \land\ \mathrm{id}_j = \mathrm{id}_i",
        time="Σ length² · D (blocks skipped), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=Document,
        example=document,
        oracle=f"transformers packed_sequence_mask_function, {BY_PYTORCH}",
        test=TEST,
        properties=PLAIN | {"causal"},
    ),
    Entry(
        name="Linear biases (ALiBi)",
        tier=2,
        cite="press2022",
        formula=r"\mathrm{softmax}(QK^\top/\sqrt{D} - m_h\,|i-j|)\,V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=alibi,
        example=linear_biases,
        oracle="transformers Bloom",
        test="tests/lib/oracles/test_biases.py::test_alibi_equals_bloom",
        properties=PLAIN | {"causal"},
    ),
    Entry(
        name="Soft-capped scores",
        tier=2,
        cite="gemma2024",
        formula=r"\mathrm{softmax}\left(c \tanh\left(QK^\top/(c\sqrt{D})\right)\right)V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=SoftCap,
        example=soft_capped,
        oracle="transformers Gemma 2",
        test="tests/lib/oracles/test_biases.py::test_soft_cap_equals_gemma",
        properties=PLAIN | {"unordered"},
        limits=(Limit("a high cap caps nothing", high_cap, scaled_dot),),
    ),
]
