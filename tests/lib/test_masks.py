"""Masks as pictures a reader can check: ■ may attend, · may not; rows are queries."""

import re
from textwrap import dedent

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib import attention
from attnlib.masks import Causal, Dense, Document, Padding, Prefix, Window, as_mask


def picture(text):
    return dedent(text).strip()


# One rule, one picture


def test_causal_sees_itself_and_the_past():
    assert Causal().text(4) == picture("""
        ■ · · ·
        ■ ■ · ·
        ■ ■ ■ ·
        ■ ■ ■ ■
    """)


def test_with_more_keys_than_queries_the_last_query_stands_at_the_last_key():
    assert Causal().text(2, 5) == picture("""
        ■ ■ ■ ■ ·
        ■ ■ ■ ■ ■
    """)


def test_with_fewer_keys_than_queries_the_first_queries_see_nothing():
    assert Causal().text(4, 2) == picture("""
        · ·
        · ·
        ■ ·
        ■ ■
    """)


def test_a_window_of_1_sees_only_itself():
    assert Window(1).text(3) == picture("""
        ■ · ·
        · ■ ·
        · · ■
    """)


def test_a_window_reaches_both_ways_and_counts_the_token_itself():
    assert Window(2).text(4) == picture("""
        ■ ■ · ·
        ■ ■ ■ ·
        · ■ ■ ■
        · · ■ ■
    """)


def test_a_causal_window_of_3_sees_the_token_and_two_before_it():
    assert (Causal() & Window(3)).text(5) == picture("""
        ■ · · · ·
        ■ ■ · · ·
        ■ ■ ■ · ·
        · ■ ■ ■ ·
        · · ■ ■ ■
    """)


def test_a_window_is_aligned_at_the_last_key_too():
    assert Window(2).text(2, 4) == picture("""
        · ■ ■ ■
        · · ■ ■
    """)


def test_a_prefix_is_seen_by_everybody():
    assert (Causal() | Prefix(2)).text(4) == picture("""
        ■ ■ · ·
        ■ ■ · ·
        ■ ■ ■ ·
        ■ ■ ■ ■
    """)


def test_right_padding_hides_the_keys_at_the_end():
    assert Padding(torch.tensor([3, 1])).text(3) == picture("""
        ■ ■ ■
        ■ ■ ■
        ■ ■ ■

        ■ · ·
        ■ · ·
        ■ · ·
    """)


def test_left_padding_hides_the_keys_at_the_beginning():
    assert Padding(torch.tensor([3, 1]), side="left").text(1, 4) == picture("""
        · ■ ■ ■

        · · · ■
    """)


def test_documents_do_not_see_one_another():
    assert Document(torch.tensor([0, 0, 1, 1, 1])).text() == picture("""
        ■ ■ · · ·
        ■ ■ · · ·
        · · ■ ■ ■
        · · ■ ■ ■
        · · ■ ■ ■
    """)


def test_documents_may_be_packed_differently_in_each_sequence():
    assert Document(torch.tensor([[0, 0, 1], [0, 1, 0]])).text() == picture("""
        ■ ■ ·
        ■ ■ ·
        · · ■

        ■ · ■
        · ■ ·
        ■ · ■
    """)


def test_with_fewer_queries_documents_are_those_of_the_last_tokens():
    assert Document(torch.tensor([0, 0, 1, 1])).text(2, 4) == picture("""
        · · ■ ■
        · · ■ ■
    """)


def test_a_dense_axis_of_size_1_holds_for_all():
    keys = Dense(torch.tensor([[True, False, True]]))
    assert keys.text(2, 3) == picture("""
        ■ · ■
        ■ · ■
    """)


def test_a_dense_mask_may_differ_by_sequence_and_head():
    allowed = torch.rand(2, 3, 4, 5) < 0.5
    assert torch.equal(Dense(allowed).dense(4, 5), allowed)


def test_a_mask_a_boolean_tensor_and_none_are_what_a_mask_may_be():
    causal, allowed = Causal(), torch.rand(4, 5) < 0.5
    assert as_mask(causal) is causal
    assert as_mask(None) is None
    assert torch.equal(as_mask(allowed).dense(4, 5)[0, 0], allowed)
    with pytest.raises(TypeError, match="mask must be a Mask or a boolean tensor, got list"):
        as_mask([[True]])
    with pytest.raises(TypeError, match="mask must be boolean"):
        as_mask(allowed.float())


def test_booleans_are_a_dense_mask_where_true_may_attend():
    query = torch.zeros(1, 1, 1, 2)
    key = torch.zeros(1, 1, 3, 2)
    only_last = torch.tensor([[False, False, True]])
    assert attention(query, key, key, mask=only_last).weights.flatten().tolist() == [0, 0, 1]


def test_not_turns_a_mask_around():
    assert (~Causal()).text(3) == picture("""
        · ■ ■
        · · ■
        · · ·
    """)


# Algebra

LENGTH = 5


def random_booleans(seed):
    return torch.rand(LENGTH, LENGTH, generator=torch.Generator().manual_seed(seed)) < 0.5


RULES = st.deferred(
    lambda: st.one_of(
        st.just(Causal()),
        st.builds(Window, st.integers(1, LENGTH)),
        st.builds(Prefix, st.integers(0, LENGTH)),
        st.lists(st.integers(0, LENGTH), min_size=2, max_size=2).map(
            lambda lengths: Padding(torch.tensor(lengths))
        ),
        st.lists(st.integers(0, 2), min_size=LENGTH, max_size=LENGTH).map(
            lambda ids: Document(torch.tensor(ids))
        ),
        st.integers(0, 1000).map(lambda seed: Dense(random_booleans(seed))),
        st.tuples(RULES, RULES).map(lambda pair: pair[0] & pair[1]),
        st.tuples(RULES, RULES).map(lambda pair: pair[0] | pair[1]),
        RULES.map(lambda rule: ~rule),
    )
)


def same(one, other):
    batch = (2, 1, LENGTH, LENGTH)
    return torch.equal(one.dense(LENGTH).expand(batch), other.dense(LENGTH).expand(batch))


@given(a=RULES, b=RULES)
def test_and_or_and_not_are_those_of_the_matrices(a, b):
    one, other = a.dense(LENGTH), b.dense(LENGTH)
    assert same(a & b, Dense((one & other).expand(2, 1, -1, -1)))
    assert same(a | b, Dense((one | other).expand(2, 1, -1, -1)))
    assert same(~a, Dense(~one))


@given(a=RULES, b=RULES)
def test_not_both_is_either_not(a, b):
    assert same(~(a & b), ~a | ~b)
    assert same(~(a | b), ~a & ~b)


@given(a=RULES)
def test_not_not_is_the_mask_itself(a):
    assert same(~~a, a)


@given(a=RULES, start=st.integers(0, LENGTH), stop=st.integers(0, LENGTH))
def test_some_rows_are_a_slice_of_the_whole(a, start, stop):
    rows = slice(start, stop)
    assert torch.equal(a.dense(LENGTH, rows=rows), a.dense(LENGTH)[..., rows, :])


# Pictures


def test_a_mask_shows_itself_in_a_notebook():
    html = Causal()._repr_html_()
    assert "Causal()" in html
    assert html.count("<tr>") == 8
    assert html.count("<td") == 64


def test_the_html_picture_fills_the_cells_that_may_be_seen():
    cells = re.findall("<td[^>]*>(.)</td>", Causal().html(2, 3))
    assert cells == ["■", "■", "·", "■", "■", "■"]


def test_the_html_picture_escapes_its_caption():
    class Odd(Causal):
        def __repr__(self):
            return "<script>alert(1)</script>"

    html = Odd().html(2)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize(
    ("mask", "shape"),
    [
        (Causal(), (8, 8)),
        (Document(torch.tensor([0, 0, 1])), (3, 3)),
        (Causal() & Document(torch.zeros(12, dtype=torch.int64)), (12, 12)),
        (Padding(torch.tensor([2, 5])) | Prefix(1), (5, 5)),
        (~Dense(torch.ones(2, 3, dtype=torch.bool)), (2, 3)),
    ],
)
def test_a_picture_has_the_size_that_the_mask_was_made_for(mask, shape):
    first = mask.text().split("\n\n")[0].split("\n")
    assert (len(first), len(first[0].split())) == shape
    assert mask._repr_html_().count("<tr>") % shape[0] == 0
