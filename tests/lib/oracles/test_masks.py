"""Every mask against PyTorch with a matrix built pair by pair from the rule's own words."""

import pytest
import torch
import torch.nn.functional as F

from attnlib import attention, masks
from oracles.agreement import EXACT, IMPLS, assert_agree, normal

LENGTHS = [(5, 5), (3, 5), (1, 4), (1, 1), (5, 3)]
IDS = [[0, 0, 1, 1, 2], [0, 1, 1, 1, 1]]
REAL = [1, 3]  # keys that are no padding, of the two sequences

# name: the mask for Tk keys, and its rule in plain words of b, q (bottom-right aligned), k and Tk
RULES = {
    "causal": (lambda Tk: masks.Causal(), lambda b, q, k, Tk: k <= q),
    "window": (lambda Tk: masks.Window(2), lambda b, q, k, Tk: abs(q - k) < 2),
    "left and right": (lambda Tk: masks.LeftRight(2, 1), lambda b, q, k, Tk: -2 <= k - q <= 1),
    "right alone": (lambda Tk: masks.LeftRight(-1, 0), lambda b, q, k, Tk: k <= q),
    "left alone": (lambda Tk: masks.LeftRight(1, -1), lambda b, q, k, Tk: k >= q - 1),
    "sliding window": (
        lambda Tk: masks.Causal() & masks.Window(2),
        lambda b, q, k, Tk: k in (q - 1, q),
    ),
    "prefix": (
        lambda Tk: masks.Causal() | masks.Prefix(2),
        lambda b, q, k, Tk: k <= q or k in (0, 1),
    ),
    "right padding": (
        lambda Tk: masks.Padding(torch.tensor(REAL).clamp(max=Tk)),
        lambda b, q, k, Tk: k < min(REAL[b], Tk),
    ),
    "left padding": (
        lambda Tk: masks.Padding(torch.tensor(REAL).clamp(max=Tk), side="left"),
        lambda b, q, k, Tk: k >= Tk - min(REAL[b], Tk),
    ),
    "causal, left padding": (
        lambda Tk: masks.Causal() & masks.Padding(torch.tensor(REAL).clamp(max=Tk), side="left"),
        lambda b, q, k, Tk: k <= q and k >= Tk - min(REAL[b], Tk),
    ),
    "document": (
        lambda Tk: masks.Document(torch.tensor(IDS)[:, :Tk]),
        lambda b, q, k, Tk: IDS[b][q] == IDS[b][k],
    ),
    "causal document": (
        lambda Tk: masks.Causal() & masks.Document(torch.tensor(IDS[0])[:Tk]),
        lambda b, q, k, Tk: k <= q and IDS[0][q] == IDS[0][k],
    ),
    "dense keys": (
        lambda Tk: masks.Dense((torch.arange(Tk) != 1)[None, :]),
        lambda b, q, k, Tk: k != 1,
    ),
    "nothing": (lambda Tk: ~masks.Prefix(9), lambda b, q, k, Tk: False),
}

CASES = [
    (name, *lengths)
    for name in RULES
    for lengths in LENGTHS
    if not ("document" in name and lengths == (5, 3))  # a query needs a key of its own there
]


def dense(rule, query_length, key_length):
    return torch.tensor(
        [
            [
                [
                    bool(rule(b, i + key_length - query_length, k, key_length))
                    for k in range(key_length)
                ]
                for i in range(query_length)
            ]
            for b in range(2)
        ]
    )[:, None]


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize(("name", "query_length", "key_length"), CASES)
def test_every_mask_equals_pytorch_with_the_dense_mask(
    name, query_length, key_length, biased, impl
):
    make, rule = RULES[name]
    query = normal(2, 4, query_length, 3)
    key, value = normal(2, 2, key_length, 3, seed=1), normal(2, 2, key_length, 5, seed=2)
    inputs = (query, key, value)
    allowed = dense(rule, query_length, key_length)
    additive, bias = allowed, None
    if biased:
        bias = normal(1, 4, query_length, key_length, seed=3)
        additive = bias.masked_fill(~allowed, -torch.inf)
        inputs = (*inputs, bias)

    seen = attention(query, key, value, mask=make(key_length), bias=bias, impl=impl)
    expected = F.scaled_dot_product_attention(
        query, key, value, attn_mask=additive.expand(2, 4, -1, -1), enable_gqa=True
    )
    assert_agree(seen.output, expected, inputs)
    torch.testing.assert_close(seen.weights @ value.repeat_interleave(2, dim=1), expected, **EXACT)
