"""reach: the page's masks are attnlib's, and what it counts is what they say."""

import pytest

from course.widgets._reach import LENGTH, PATTERNS, heard, mask, reach, rows_of

VIEW = "reach.js"
DRAWN = reach().view.drawn


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("width", [1, 4, 16])
def test_every_mask_is_attnlibs(javascript, pattern, width):
    for layer in (0, 3):
        seen = javascript(VIEW, "mask", pattern, width, layer, DRAWN)
        assert rows_of(mask(pattern, width, layer)) == [
            "".join(str(int(cell)) for cell in row) for row in seen
        ]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("layers", [1, 3, 8])
def test_what_is_heard_of_is_what_the_masks_let_through(javascript, pattern, layers):
    state = {"pattern": pattern, "width": 4, "layers": layers}
    first = javascript(VIEW, "firstHeard", state, DRAWN)
    assert [depth > 0 for depth in first] == heard(pattern, 4, layers).tolist()


def test_a_window_reaches_one_less_than_its_width_per_layer(javascript):
    said = javascript(VIEW, "describe", {"pattern": "window", "width": 4, "layers": 3}, DRAWN)
    assert said.endswith("hears of 10 of 32 tokens, the farthest 9 back.")
    assert said.startswith("3 layers: 366 of 1584 pairs, 23 %. Keys kept: 12 of 96.")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_pairs_are_counted(javascript, pattern):
    state = {"pattern": pattern, "width": 5, "layers": 4}
    found = javascript(VIEW, "cost", state, DRAWN)
    assert found["pairs"] == sum(int(mask(pattern, 5, layer).sum()) for layer in range(4))


def test_the_still_picture_shows_every_pair_and_every_token():
    drawn = reach("window", 4, 1).still
    assert drawn.count("<rect") == int(mask("window", 4).sum()) + LENGTH


@pytest.mark.parametrize("wrong", [{"pattern": "none"}, {"width": 0}, {"layers": 9}])
def test_what_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value!r}"):
        reach(**wrong)
