"""needle: the bars are the stored measurement, and the sentence says what they show."""

from html import escape

import pytest

from course.measurements import stored
from course.widgets._needle import LENGTHS, PARTS, measured, needle

VIEW = "needle.js"


def test_every_network_has_a_share_for_every_length_and_part():
    for lengths in measured().values():
        assert [len(parts) for parts in lengths] == [PARTS] * len(LENGTHS)


@pytest.mark.parametrize(("tokens", "part"), [(64, 0), (256, 7), (512, 15)])
def test_the_bars_are_what_is_stored(javascript, tokens, part):
    drawn = javascript(VIEW, "shares", measured(), LENGTHS.index(tokens), part)
    rows = [row for row in stored(16)[1].rows if row[1] == tokens]
    assert [told["name"] for told in drawn] == [row[0] for row in rows]
    assert [told["share"] for told in drawn] == [round(100 * row[2 + part]) for row in rows]


def test_the_sentence_names_who_finds_it_and_who_does_not(javascript):
    told = [{"name": "a", "share": 95}, {"name": "b", "share": 94}, {"name": "c", "share": 49}]
    assert javascript(VIEW, "describe", {"length": 512, "part": 4}, told) == (
        "512 tokens, the needle about 368 before the question. Found nearly always (95 % or more): "
        "a. Found less than half the time: c."
    )


def test_the_still_picture_names_every_network():
    drawn = needle().still
    assert all(f">{escape(name)}<" in drawn for name in measured())


@pytest.mark.parametrize("wrong", [{"part": 16}, {"part": -1}, {"tokens": 100}])
def test_what_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        needle(**wrong)
