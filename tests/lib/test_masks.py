"""Masks as pictures a reader can check: ■ may attend, · may not; rows are queries."""

import re
from textwrap import dedent

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from attnlib import MultiHeadAttention, attention
from attnlib.masks import (
    BigBird,
    Causal,
    Chunk,
    Dense,
    Dilated,
    Document,
    LeftRight,
    Neighborhood,
    Padding,
    Prefix,
    Rule,
    Strided,
    Window,
    as_mask,
)


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
        st.builds(LeftRight, st.integers(-1, LENGTH), st.integers(-1, LENGTH)),
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


# A rule of one's own


def test_any_function_of_two_places_is_a_mask():
    assert (Causal() & Rule(lambda q, k: (q - k) % 2 == 0)).text(4) == picture("""
        ■ · · ·
        · ■ · ·
        ■ · ■ ·
        · ■ · ■
    """)


def test_a_rule_is_asked_about_places_and_not_rows():
    assert Rule(lambda q, k: q == k).text(2, 4) == picture("""
        · · ■ ·
        · · · ■
    """)


def test_a_rule_about_keys_alone_holds_for_every_query():
    assert (~Rule(lambda q, k: k == 1)).text(2, 3) == picture("""
        ■ · ■
        ■ · ■
    """)


def same_third(q, k):
    return q // 3 == k // 3


def test_a_rule_is_shown_by_its_name():
    assert repr(Rule(same_third) & Causal()) == "And(left=Rule(same_third), right=Causal())"
    assert repr(Rule(lambda q, k: q > k)) == "Rule(lambda q, k: …)"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda: Rule(3), "function must take the places of queries and keys, got int"),
        (lambda: Rule(lambda q, k: q - k).dense(3), "must give booleans .*, got torch.int64"),
        (lambda: Rule(lambda q, k: True).dense(3), "must give booleans .*, got bool"),
    ],
)
def test_what_is_no_rule_is_refused(rule, words):
    with pytest.raises(TypeError, match=words):
        rule()


# What a mask promises from its rule alone

SMALL = st.integers(1, 4)
PROMISING = st.deferred(
    lambda: st.one_of(
        RULES,
        st.builds(Dilated, SMALL, SMALL),
        st.builds(Strided, SMALL),
        st.builds(Chunk, SMALL),
        st.builds(BigBird, SMALL, st.integers(0, 1), SMALL, st.integers(0, 1)),
        st.just(Rule(lambda q, k: q != k)),
        st.tuples(PROMISING, PROMISING).map(lambda pair: pair[0] & pair[1]),
        st.tuples(PROMISING, PROMISING).map(lambda pair: pair[0] | pair[1]),
        PROMISING.map(lambda rule: ~rule),
    )
)


@given(mask=PROMISING)
def test_who_is_said_to_see_itself_does(mask):
    if mask.sees_itself():
        assert mask.dense(LENGTH).diagonal(dim1=-2, dim2=-1).all()


@pytest.mark.parametrize(
    ("mask", "sees"),
    [
        (Causal(), True),
        (Neighborhood(3, 3, size=3), True),
        (Document(torch.tensor([0, 1])), True),
        (Padding(torch.tensor([1])), False),
        (Causal() & Window(2), True),
        (Causal() & Padding(torch.tensor([1]), side="left"), False),
        (Padding(torch.tensor([1])) & Causal(), False),
        (Padding(torch.tensor([1])) | Window(1), True),
        (Prefix(2) | Padding(torch.tensor([1])), False),
        (~Prefix(2), False),
        (~Causal(), False),
    ],
    ids=repr,
)
def test_who_sees_itself_by_the_rule_alone(mask, sees):
    assert mask.sees_itself() == sees


def test_left_padding_under_a_causal_mask_reaches_no_gradient():
    """Its first tokens see nothing, not even themselves: they are cleared before they are read."""
    layer = MultiHeadAttention(8, heads=2)
    x = torch.randn(2, 4, 8)
    x[1, :2] = torch.nan
    layer(x, mask=Causal() & Padding(torch.tensor([4, 2]), side="left")).sum().backward()
    assert all(weight.grad.isfinite().all() for weight in layer.parameters())


FREE = PROMISING.filter(lambda mask: "Document" not in repr(mask) and "Dense" not in repr(mask))


@given(mask=FREE, queries=st.integers(1, 9), start=st.integers(0, 8), more=st.integers(0, 4))
def test_nothing_outside_the_reach_is_allowed(mask, queries, start, more):
    """Of any stretch of queries, also where there are more or fewer queries than keys."""
    assume("BigBird" not in repr(mask) or queries <= LENGTH)
    assume("Padding" not in repr(mask) or not 1 < queries < LENGTH)
    rows = slice(min(start, queries - 1), min(start + 1 + more, queries))
    first = LENGTH - queries
    reached = mask.reach(range(rows.start + first, rows.stop + first), LENGTH)
    outside = [j for j in range(LENGTH) if j not in reached]
    assert not mask.dense(queries, LENGTH, rows=rows)[..., outside].any()


@given(mask=FREE, queries=st.sampled_from([1, LENGTH, LENGTH + 2]))
def test_a_band_is_the_whole_mask(mask, queries):
    assume("BigBird" not in repr(mask) or queries <= LENGTH)
    band = mask.band()
    if band is not None:
        rule = Rule(lambda q, k: (q - k <= band.before) & (k - q <= band.after))
        allowed = mask.dense(queries, LENGTH)
        assert torch.equal(allowed, rule.dense(queries, LENGTH).expand_as(allowed))


@pytest.mark.parametrize(
    ("mask", "band"),
    [
        (Causal(), (torch.inf, 0)),
        (Window(3), (2, 2)),
        (Window(3) & Causal(), (2, 0)),
        (Causal() & Window(5) & Window(3), (2, 0)),
        (LeftRight(2, 1), (2, 1)),
        (LeftRight(-1, 0), (torch.inf, 0)),
        (LeftRight(3, -1) & Causal(), (3, 0)),
        (Causal() | Window(3), None),
        (Causal() & Prefix(2), None),
        (~Causal(), None),
    ],
    ids=repr,
)
def test_bands_and_their_joins(mask, band):
    assert mask.band() == band


@pytest.mark.parametrize(
    ("mask", "reached"),
    [
        (Causal(), range(6)),
        (Causal() & Window(2), range(3, 6)),
        (LeftRight(1, 3), range(3, 9)),
        (LeftRight(-1, 0), range(6)),
        (LeftRight(0, -1), range(4, 20)),
        (Chunk(4), range(4, 8)),
        (Dilated(2, 3), range(1, 9)),
        (Prefix(2), range(2)),
        (Prefix(2) | Window(1), range(6)),
        (Prefix(2) & Window(1), range(4, 2)),
        (Strided(2), range(20)),
        (Rule(lambda q, k: q == k), range(20)),
    ],
    ids=repr,
)
def test_places_4_and_5_of_20_reach(mask, reached):
    assert mask.reach(range(4, 6), 20) == reached


# Right padding moves the newest tokens


@pytest.mark.parametrize(
    "rule", [Causal(), Causal() & Window(2), Rule(lambda q, k: q == k)], ids=repr
)
def test_several_newest_tokens_and_right_padding_are_refused(rule):
    for mask in (rule & Padding(torch.tensor([5, 3])), Padding(torch.tensor([3])) & rule):
        with pytest.raises(ValueError, match=r"2 newest tokens .* Padding\(lengths, side="):
            mask.dense(2, 5)


@pytest.mark.parametrize(
    ("mask", "queries"),
    [
        (Causal() & Padding(torch.tensor([5, 3])), 5),
        (Causal() & Padding(torch.tensor([5, 3])), 1),
        (Causal() & Padding(torch.tensor([5, 3]), side="left"), 2),
        (Causal() & Padding(torch.tensor([5, 5])), 2),
        (Prefix(2) & Padding(torch.tensor([5, 3])), 2),
        (Causal() | Padding(torch.tensor([5, 3])), 2),
    ],
)
def test_padding_that_moves_nothing_is_taken(mask, queries):
    assert mask.dense(queries, 5).shape[-2:] == (queries, 5)


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


def flash_window(queries, keys, left, right):
    """`construct_local_mask` of flash-attention's tests, in its own words, without padding."""
    row, column = torch.arange(queries)[:, None], torch.arange(keys)
    last = row + keys - queries
    if left < 0:
        hidden = column > last + right
    else:
        right = keys if right < 0 else right
        hidden = (column > torch.minimum(last + right, torch.tensor(keys))) | (column < last - left)
    return ~hidden


@pytest.mark.parametrize("lengths", [(5, 5), (2, 5), (5, 2), (1, 4)])
@pytest.mark.parametrize("left", [-1, 0, 1, 3, 9])
@pytest.mark.parametrize("right", [0, 1, 3, 9])
def test_left_and_right_are_flash_attentions(lengths, left, right):
    ours = LeftRight(left, right).dense(*lengths)[0, 0]
    assert torch.equal(ours, flash_window(*lengths, left, right))


def test_left_and_right_of_a_window_are_it():
    assert torch.equal(LeftRight(2, 2).dense(7), Window(3).dense(7))
    assert LeftRight(-1, -1).dense(4, 6).all()
    with pytest.raises(ValueError, match="left must be at least -1, got -2"):
        LeftRight(-2, 0)


def test_queries_packed_by_themselves_have_documents_of_their_own():
    """As xformers' block-diagonal mask for other packings of queries and keys."""
    mask = Document(torch.tensor([0, 0, 0, 1]), query_ids=torch.tensor([0, 1, 1]))
    assert mask.text() == picture("""
        ■ ■ ■ ·
        · · · ■
        · · · ■
    """)
    assert not mask.sees_itself() and mask.natural_lengths() == (3, 4)
    more = Document(torch.tensor([0, 1]), query_ids=torch.tensor([[0, 0, 1], [1, 1, 0]]))
    assert more.dense(3, 2).shape == (2, 1, 3, 2)
    assert torch.equal(more.dense(3, 2, rows=slice(1, 3)), more.dense(3, 2)[:, :, 1:3])
    with pytest.raises(ValueError, match="mask has query_ids for 3 tokens, but query has 2"):
        mask.dense(2, 4)
    with pytest.raises(TypeError, match="query_ids must be integers"):
        Document(torch.tensor([0, 1]), query_ids=torch.tensor([0.0]))
