"""Bad input gets an error that names the argument, what was expected and what came."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib import MultiHeadAttention, attention, explain, masks, normalizers, scores
from attnlib.caches import KVCache
from attnlib.heads import ExclusiveAttention, ForgettingAttention, ValueResidualAttention

INTEGERS = torch.zeros(1, 2, 3, 4, dtype=torch.int64)


def states(*shape, dtype=torch.float32, device="cpu"):
    return torch.zeros(shape, dtype=dtype, device=device)


GOOD = {"query": states(2, 4, 3, 8), "key": states(2, 2, 7, 8), "value": states(2, 2, 7, 5)}
BAD = [
    # types
    ({"query": [1.0]}, TypeError, "query must be a tensor, got list"),
    ({"key": None}, TypeError, "key must be a tensor, got NoneType"),
    ({"value": INTEGERS}, TypeError, "value must be floating point, got torch.int64"),
    ({"query": states(2, 4, 3, 8, dtype=torch.complex64)}, TypeError, "query must be floating"),
    (
        {"key": states(2, 2, 7, 8, dtype=torch.float64)},
        TypeError,
        "key is torch.float64, but query is torch.float32",
    ),
    (
        {"value": states(2, 2, 7, 5, dtype=torch.float16)},
        TypeError,
        "value is torch.float16, but query is torch.float32",
    ),
    ({"key": states(2, 2, 7, 8, device="meta")}, ValueError, "key is on meta, but query is on cpu"),
    # shapes
    (
        {"query": states(4, 3, 8)},
        ValueError,
        "query must have the axes (B, H, Tq, D), got (4, 3, 8)",
    ),
    ({"key": states(2, 2, 7, 0)}, ValueError, "key must have a size Dk of at least 1"),
    ({"key": states(3, 2, 7, 8)}, ValueError, "key has batch size 3, but query has 2"),
    ({"value": states(1, 2, 7, 5)}, ValueError, "value has batch size 1, but query has 2"),
    ({"value": states(2, 4, 7, 5)}, ValueError, "value has 4 heads, but key has 2"),
    ({"value": states(2, 2, 6, 5)}, ValueError, "value has length 6, but key has 7"),
    ({"key": states(2, 2, 7, 6)}, ValueError, "key has size 6, but query has 8"),
    (
        {"query": states(2, 3, 3, 8)},
        ValueError,
        "query has 3 heads, not a multiple of key's 2",
    ),
    (
        {"key": states(2, 0, 7, 8), "value": states(2, 0, 7, 5)},
        ValueError,
        "query has 4 heads, not a multiple of key's 0",
    ),
    # bias, scale and dropout
    (
        {"bias": states(2, 4, 3, 6)},
        ValueError,
        "bias has length 6, but key has 7",
    ),
    ({"bias": states(3, 7)}, ValueError, "bias must have the axes (B, H, Tq, Tk), got (3, 7)"),
    ({"bias": states(1, 1, 3, 7).double()}, TypeError, "bias is torch.float64, but query is"),
    ({"dropout_p": 1.0}, ValueError, "dropout_p must be at least 0 and below 1, got 1.0"),
    ({"dropout_p": "x"}, TypeError, "dropout_p must be a number, got str"),
    ({"scale": "0.5"}, TypeError, "scale must be a number or None, got str"),
    ({"scale": torch.ones(())}, TypeError, "scale must be a number or None, got Tensor"),
    ({"dropout_p": -0.1}, ValueError, "dropout_p must be at least 0 and below 1, got -0.1"),
    # masks
    (
        {"mask": states(3, 7)},
        TypeError,
        "mask must be boolean (True = may attend), got torch.float32; "
        "numbers to add to the scores go to bias=",
    ),
    ({"mask": "causal"}, TypeError, "mask must be a Mask or a boolean tensor, got str"),
    ({"mask": masks.Causal}, TypeError, "mask must be a Mask or a boolean tensor"),
    (
        {"mask": torch.ones(2, 3, 7, dtype=torch.bool)},
        ValueError,
        "mask must have the axes (Tq, Tk) or (B, H, Tq, Tk), got (2, 3, 7)",
    ),
    ({"mask": torch.ones(3, 6).bool()}, ValueError, "mask has 6 keys, but key has 7"),
    (
        {"mask": torch.ones(2, 7).bool()},
        ValueError,
        "mask has 2 queries, but query has 3; for (B, Tk) padding there is masks.Padding(lengths)",
    ),
    (
        {"mask": torch.ones(3, 1, 3, 7).bool()},
        ValueError,
        "mask is for 3 sequences, but query has 2",
    ),
    ({"mask": torch.ones(1, 2, 3, 7).bool()}, ValueError, "mask is for 2 heads, but query has 4"),
    (
        {"mask": masks.Padding(torch.tensor([1, 2, 3]))},
        ValueError,
        "mask is for 3 sequences, but query has 2",
    ),
    (
        {"mask": masks.Padding(torch.tensor([9, 1]))},
        ValueError,
        "lengths says 9 keys, but key has 7",
    ),
    (
        {"mask": masks.Causal() & masks.Document(torch.zeros(6).long())},
        ValueError,
        "mask has document ids for 6 tokens, but key has 7",
    ),
    (
        {"query": states(2, 4, 9, 8), "mask": masks.Document(torch.zeros(7).long())},
        ValueError,
        "a Document mask needs at least as many keys as queries, or query_ids; "
        "got 9 queries and 7 keys",
    ),
    # implementations
    (
        {"impl": "fast"},
        ValueError,
        "impl must be one of auto, reference, sdpa",
    ),
    (
        {"impl": "sdpa", "score": scores.GaussianKernel()},
        ValueError,
        'impl="sdpa" cannot compute the score GaussianKernel; impl="reference" can',
    ),
    (
        {"impl": "sdpa", "normalize": normalizers.hard},
        ValueError,
        'impl="sdpa" cannot compute the normalizer hard; impl="reference" can',
    ),
    # scores
    (
        {"score": scores.General(6, 8)},
        ValueError,
        "query has size 8, but the score expects 6",
    ),
    (
        {"score": scores.Additive(8, 6, hidden_size=3)},
        ValueError,
        "key has size 8, but the score expects 6",
    ),
    (
        {"key": states(2, 2, 7, 6), "score": scores.GaussianKernel()},
        ValueError,
        "key has size 6, but query has 8",
    ),
]


@pytest.mark.parametrize(("change", "error", "message"), BAD, ids=[message for *_, message in BAD])
def test_attention_refuses(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        attention(**{**GOOD, **change})


@pytest.mark.parametrize("impl", ["reference", "sdpa"])
def test_every_implementation_refuses_queries_and_keys_of_different_sizes(impl):
    with pytest.raises(ValueError, match="key has size 9, but query has 8"):
        attention(**{**GOOD, "key": states(2, 2, 7, 9)}, impl=impl)


@pytest.mark.parametrize("impl", ["reference", "sdpa"])
def test_the_good_input_is_good(impl):
    assert attention(**GOOD, impl=impl).output.shape == (2, 4, 3, 5)


def test_explain_refuses_what_attention_does():
    with pytest.raises(ValueError, match="cannot compute the normalizer hard"):
        explain(*GOOD.values(), impl="sdpa", normalize=normalizers.hard)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: masks.Window(0), ValueError, "width counts the token itself: at least 1, got 0"),
        (lambda: masks.Window(2.5), TypeError, "width must be a whole number, got 2.5"),
        (lambda: masks.Prefix(-1), ValueError, "length must be 0 or more, got -1"),
        (lambda: masks.Prefix(True), TypeError, "length must be a whole number, got True"),
        (lambda: masks.Padding([3, 2]), TypeError, "lengths must be a tensor, got list"),
        (lambda: masks.Padding(torch.ones(2)), TypeError, "lengths must be integers"),
        (lambda: masks.Padding(torch.ones(2).bool()), TypeError, "lengths must be integers"),
        (lambda: masks.Padding(torch.ones(2, 2).long()), ValueError, "lengths must have 1 axes"),
        (
            lambda: masks.Padding(torch.tensor([2, -1])),
            ValueError,
            "lengths must be 0 or more, got -1",
        ),
        (
            lambda: masks.Padding(torch.tensor([2]), side="top"),
            ValueError,
            'side must be "right" or "left", got \'top\'',
        ),
        (lambda: masks.Document(torch.ones(3)), TypeError, "ids must be integers"),
        (lambda: masks.Document(torch.tensor(3)), ValueError, "ids must have 1 or 2 axes"),
        (lambda: masks.Dense([[True]]), TypeError, "mask must be a tensor, got list"),
        (
            lambda: masks.Causal() & torch.ones(3, 3).bool(),
            TypeError,
            "a mask combines with a mask, got Tensor; booleans go into Dense(…)",
        ),
        (lambda: masks.Causal() | None, TypeError, "a mask combines with a mask, got NoneType"),
        (lambda: scores.GaussianKernel(0), ValueError, "width must be positive, got 0"),
        (lambda: MultiHeadAttention(10, 3), ValueError, "size 10 does not divide into 3 heads"),
        (lambda: MultiHeadAttention(8, 0), ValueError, "heads must be at least 1, got 0"),
        (
            lambda: MultiHeadAttention(8, 4, key_heads=3),
            ValueError,
            "query has 4 heads, not a multiple of key's 3",
        ),
        (
            lambda: MultiHeadAttention(8, 2)(torch.zeros(1, 3, 6)),
            ValueError,
            "x must have the axes (B, T, 8), got (1, 3, 6)",
        ),
        (
            lambda: MultiHeadAttention(8, 2, context_size=5)(torch.zeros(1, 3, 8)),
            ValueError,
            "context must have the axes (B, T, 5), got (1, 3, 8)",
        ),
        (
            lambda: MultiHeadAttention(8, 2)(torch.zeros(3, 8)),
            ValueError,
            "x must have the axes (B, Tq, E), got (3, 8)",
        ),
        (
            lambda: MultiHeadAttention(8, 2)(torch.zeros(1, 3, 8).long()),
            TypeError,
            "x must be floating point, got torch.int64",
        ),
        (
            lambda: MultiHeadAttention(8, 2)(torch.zeros(1, 3, 8), context=[1.0]),
            TypeError,
            "context must be a tensor, got list",
        ),
        (
            lambda: MultiHeadAttention(8, 2)(torch.zeros(2, 3, 8), torch.zeros(1, 3, 8)),
            ValueError,
            "context has batch size 1, but x has 2",
        ),
    ],
)
def test_masks_scores_and_layers_refuse(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_compiled_padding_does_not_look_at_its_values():
    """Reading a value would break the graph: the check is for eager code only."""

    @torch.compile(fullgraph=True, backend="eager")
    def padded(query, lengths):
        return attention(query, query, query, mask=masks.Padding(lengths)).output

    assert padded(states(1, 1, 3, 4), torch.tensor([9])).shape == (1, 1, 3, 4)


SHAPES = st.lists(st.integers(0, 3), min_size=3, max_size=4).map(tuple)
ARGUMENTS = re.compile("query|key|value|bias|mask|lengths")


@settings(max_examples=400)
@given(
    query=SHAPES,
    key=SHAPES,
    value=SHAPES,
    bias=st.none() | SHAPES,
    impl=st.sampled_from(["auto", "reference", "sdpa"]),
)
def test_any_shapes_give_the_right_shape_or_an_error_that_names_an_argument(
    query, key, value, bias, impl
):
    bias = None if bias is None else torch.zeros(bias)
    try:
        seen = attention(*map(torch.zeros, (query, key, value)), bias=bias, impl=impl)
    except (TypeError, ValueError) as error:
        assert ARGUMENTS.search(str(error))
    else:
        assert seen.output.shape == (*query[:3], value[3])
        assert seen.weights.shape == (*query[:3], key[2])


@settings(max_examples=200)
@given(
    sizes=st.tuples(*[st.integers(0, 3)] * 5),
    mask=SHAPES | st.lists(st.integers(0, 3), min_size=2, max_size=2).map(tuple),
    impl=st.sampled_from(["reference", "sdpa"]),
)
def test_any_mask_shape_gives_the_right_shape_or_an_error_that_names_the_mask(sizes, mask, impl):
    batch, heads, query_length, key_length, _ = sizes
    query, key = states(batch, heads, query_length, 4), states(batch, max(heads, 1), key_length, 4)
    try:
        seen = attention(query, key, key, mask=torch.ones(mask).bool(), impl=impl)
    except ValueError as error:
        assert "mask" in str(error)
    else:
        assert seen.output.shape == query.shape


def test_a_bias_of_fewer_axes_is_told_to_name_them():
    query = torch.randn(2, 4, 6, 8)
    with pytest.raises(
        ValueError, match=r"got \(4, 6, 6\); an axis that is missing .*bias\[None\]"
    ):
        attention(query, query, query, bias=torch.zeros(4, 6, 6))


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_whole_numbers_of_numpy_are_whole_numbers(kind):
    assert masks.Window(kind(3)) == masks.Window(3)
    layer = MultiHeadAttention(16, kind(4), key_heads=kind(2))
    x = torch.randn(1, 5, 16)
    assert layer(x, mask=masks.Causal() & masks.Window(kind(3))).shape == x.shape
    assert KVCache(kind(4)).capacity == 4


@pytest.mark.parametrize("count", [True, np.True_, 3.0, np.float64(3), "3", torch.tensor(3)])
def test_what_is_no_whole_number_is_refused(count):
    with pytest.raises(TypeError, match="width must be a whole number"):
        masks.Window(count)


@pytest.mark.parametrize("layer", [ExclusiveAttention, ForgettingAttention, ValueResidualAttention])
def test_a_layer_that_looks_at_no_context_takes_no_size_of_one(layer):
    with pytest.raises(TypeError, match="context_size"):
        layer(8, 2, context_size=6)
