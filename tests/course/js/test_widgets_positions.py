"""positions: what the wheels compute at every end of their controls, against attnlib."""

import re

import pytest
import torch

from attnlib.positions.rotary import frequencies
from course.widgets._positions import (
    BASES,
    FURTHEST,
    KEY_PAIRS,
    QUERY_PAIRS,
    compare,
    positions,
    vector,
)

VIEW = "positions.js"


def inputs(query_place, key_place, shift, base):
    state = {"queryPlace": query_place, "keyPlace": key_place, "shift": shift, "base": base}
    return state | {"query": vector(QUERY_PAIRS), "key": vector(KEY_PAIRS)}


@pytest.mark.parametrize("query_place", [0, 5, FURTHEST])
@pytest.mark.parametrize("key_place", [0, 2, FURTHEST])
@pytest.mark.parametrize("shift", [0, FURTHEST])
@pytest.mark.parametrize("base", BASES)
def test_turned_vectors_and_score_are_attnlibs(javascript, query_place, key_place, shift, base):
    seen = javascript(VIEW, "compareAt", inputs(query_place, key_place, shift, base))
    query, key, score = compare(query_place + shift, key_place + shift, base)
    assert seen["query"] == pytest.approx(query, abs=1e-9)
    assert seen["key"] == pytest.approx(key, abs=1e-9)
    assert seen["score"] == pytest.approx(score, abs=1e-9)
    assert sum(seen["parts"]) == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("base", BASES)
def test_wheels_turn_at_rotarys_speeds(javascript, base):
    expected = frequencies(8, base=base).tolist()
    assert javascript(VIEW, "frequencies", 8, base) == pytest.approx(expected)


@pytest.mark.parametrize("shift", [1, 30, FURTHEST])
def test_shifting_both_leaves_the_score(javascript, shift):
    before = javascript(VIEW, "compareAt", inputs(5, 2, 0, 100))
    after = javascript(VIEW, "compareAt", inputs(5, 2, shift, 100))
    assert after["score"] == pytest.approx(before["score"], abs=1e-12)
    assert after["query"] != pytest.approx(before["query"], abs=1e-3)


@pytest.mark.parametrize("base", BASES)
def test_the_curve_holds_the_score_of_every_distance(javascript, base):
    curve = javascript(VIEW, "byDistance", inputs(0, 0, 0, base))
    expected = [compare(max(away, 0), max(-away, 0), base)[2] for away in range(-60, 61)]
    torch.testing.assert_close(torch.tensor(curve), torch.tensor(expected))
    assert max(map(abs, curve)) < 1.2  # where the chart ends


@pytest.mark.parametrize(
    ("query_place", "key_place", "words"),
    [(5, 2, "3 before it"), (2, 5, "3 after it"), (4, 4, "the same place")],
)
def test_the_sentence_says_where_the_key_stands(javascript, query_place, key_place, words):
    now = inputs(query_place, key_place, 10, 100)
    sentence = javascript(VIEW, "describePlaces", now, javascript(VIEW, "compareAt", now))
    score = f"{compare(query_place, key_place, 100)[2]:.3f}".replace("-", "−")
    places = f"Query at place {query_place + 10}, key at place {key_place + 10}"
    assert sentence == f"{places} ({words}): score {score}."


def test_the_still_picture_draws_every_pair_and_says_the_score():
    still = positions().still
    assert f"score {compare(5, 2, 100)[2]:.3f}" in still
    assert len(re.findall("<circle", still)) == 4
    assert len(re.findall("<line", still)) == 8


@pytest.mark.parametrize("wrong", [{"query_place": -1}, {"key_place": 61}, {"shift": 61}])
def test_a_place_no_slider_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must lie between 0 and 60, got {value}"):
        positions(**wrong)


def test_an_unknown_base_is_refused():
    with pytest.raises(ValueError, match=r"base must be one of .* got 99"):
        positions(base=99)
