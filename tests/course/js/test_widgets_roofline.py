"""roofline: operations, bytes and seconds, in Python and in the page."""

import pytest

from course.widgets._roofline import SIZE, costs, roofline

VIEW = "roofline.js"


@pytest.mark.parametrize("block", [16, 256, 512])
@pytest.mark.parametrize("tokens", [128, 4096, 65536])
def test_costs_are_those_of_the_formulas(javascript, tokens, block):
    found = javascript(VIEW, "costs", tokens, block)
    for name, (operations, moved) in costs(tokens, block).items():
        assert found[name] == {"operations": operations, "bytes": moved}


def test_counted_one_by_one_for_two_blocks():
    """256 tokens: every state once is 4 · 256 · 64 numbers; the scores are written and read, and
    the weights too; in tiles keys and values come twice, once per block of queries."""
    numbers = 256 * SIZE
    assert costs(256, 128)["plain"] == (2 * 2 * 256 * 256 * SIZE, 2 * (4 * numbers + 4 * 256 * 256))
    assert costs(256, 128)["tiled"][1] == 2 * (2 * numbers + 2 * 2 * numbers)


def test_the_slower_of_the_two_counts(javascript):
    way = {"operations": 1e12, "bytes": 1e9}
    assert javascript(VIEW, "seconds", way, 1e9, 1e13) == 1
    assert javascript(VIEW, "seconds", way, 1e12, 1e12) == 1
    assert javascript(VIEW, "seconds", way, 1e9, 1e11) == 10


def test_the_sentence_names_what_bounds(javascript):
    said = javascript(VIEW, "describe", 4096, 256, 1555e9, 312e12)
    assert "with all scores in memory" in said and "bound by memory; in tiles" in said
    assert "bound by arithmetic. Tiles are" in said
    slow = javascript(VIEW, "describe", 4096, 256, 1e13, 3e10)
    assert slow.count("bound by arithmetic") == 2 and "Tiles are 1.0 times" in slow


def test_the_still_picture_shows_both_times():
    assert roofline().still.count("µs") == 2


@pytest.mark.parametrize(
    "wrong", [{"tokens": 100}, {"block": 100}, {"bandwidth": 9.0}, {"arithmetic": 4000.0}]
)
def test_a_value_no_slider_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        roofline(**wrong)
