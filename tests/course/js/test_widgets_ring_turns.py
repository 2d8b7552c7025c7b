"""ring_turns: who holds what and who computes how much, against attnlib's masks and places."""

import itertools

import pytest

from attnlib.parallel import places
from course.widgets._ring_turns import LENGTH, MASKS, ORDERS, SIZES, ring_turns, work

VIEW = "ring_turns.js"
WORK = "ring_work.js"
each = pytest.mark.parametrize(("processes", "order"), list(itertools.product(SIZES, ORDERS)))


@each
def test_every_process_holds_the_places_that_attnlib_says(javascript, processes, order):
    held = [javascript(WORK, "places", rank, processes, order) for rank in range(processes)]
    assert held == places(LENGTH, processes, order=order).tolist()


@each
@pytest.mark.parametrize("mask", MASKS)
def test_the_pairs_of_each_turn_are_those_that_the_mask_lets_see(
    javascript, processes, order, mask
):
    table = javascript(WORK, "work", processes, order, mask)
    assert table == work(processes, order, mask)
    rule = MASKS[mask]
    pairs = LENGTH**2 if rule is None else int(rule.dense(LENGTH).sum())
    assert sum(map(sum, table)) == pairs


def test_plain_most_wait_for_the_last_and_in_zigzag_order_nobody_does(javascript):
    plain = javascript(WORK, "timeline", work(4, "contiguous", "causal"))
    assert plain == {
        "longest": [36, 64, 64, 64],
        "total": 228,
        "waited": pytest.approx(1 - 528 / 4 / 228),
    }
    zigzag = javascript(WORK, "timeline", work(4, "zigzag", "causal"))
    assert zigzag == {"longest": [36, 32, 32, 32], "total": 132, "waited": 0}


def test_at_each_moment_those_compute_who_have_pairs_left(javascript):
    table = work(4, "contiguous", "causal")
    half = javascript(WORK, "at", table, 0.5)  # pair 114 of 228: 14 of turn 2, which began at 100
    assert (half["turn"], half["busy"]) == (2, [False, False, True, True])
    assert javascript(WORK, "at", table, 0)["busy"] == [True] * 4
    assert javascript(WORK, "at", table, 1)["turn"] == 3
    window = work(8, "zigzag", "window")
    seen = {javascript(WORK, "at", window, share / 20)["turn"] for share in range(21)}
    assert seen == {turn for turn, row in enumerate(window) if any(row)}  # none is left out in vain


@each
def test_the_tokens_of_a_process_are_told_as_runs(javascript, processes, order):
    for rank, mine in enumerate(places(LENGTH, processes, order=order).tolist()):
        told = javascript(WORK, "held", rank, processes, order)
        runs = [range(int(a), int(b) + 1) for a, b in (run.split("–") for run in told.split(", "))]
        assert [place for run in runs for place in run] == mine


def test_the_sentence_says_who_waits(javascript):
    said = javascript(VIEW, "describe", 4, "contiguous", "causal", 50)
    assert said == (
        "Turn 2, of 0 to 3: process 0 has the keys of process 2. Processes 0 and 1 wait. All ends "
        "after the time of 228 pairs; 42 % of it goes in waiting."
    )
    said = javascript(VIEW, "describe", 4, "zigzag", "causal", 50)
    assert "Every process computes. All ends after the time of 132 pairs" in said
    said = javascript(VIEW, "describe", 4, "contiguous", "window", 90)
    assert "2 turns are left out, since nobody sees what would come." in said


def test_the_still_picture_has_a_bar_for_each_turn_that_computes():
    table = work(4, "contiguous", "causal")
    bars = ring_turns().still.count("<rect")
    assert bars == sum(pairs > 0 for row in table for pairs in row) == 10


@pytest.mark.parametrize(
    "wrong", [{"processes": 3}, {"order": "striped"}, {"mask": "prefix"}, {"percent": 101}]
)
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value!r}"):
        ring_turns(**wrong)
