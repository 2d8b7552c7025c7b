"""soft_dictionary: what the view computes at every end of its controls, against attnlib."""

import re

import pytest

from course.widgets._soft_dictionary import HEIGHTS, look_up, soft_dictionary

VIEW = "soft_dictionary.js"
KEYS, VALUES = list(HEIGHTS), list(HEIGHTS.values())


@pytest.mark.parametrize("query", [1.0, 4.0, 7.0, 11.0])
@pytest.mark.parametrize("width", [0.1, 0.2, 1.0, 20.0, 32.0])
def test_weights_and_answer_are_attentions(javascript, query, width):
    seen = javascript(VIEW, "lookUp", query, KEYS, VALUES, width)
    weights, answer = look_up(query, width)
    assert seen["weights"] == pytest.approx(weights, abs=1e-6)
    assert seen["answer"] == pytest.approx(answer, abs=1e-6)


def test_narrow_copies_the_nearest_and_wide_averages_all(javascript):
    assert javascript(VIEW, "lookUp", 6.4, KEYS, VALUES, 0.1)["answer"] == pytest.approx(116)
    mean = sum(VALUES) / len(VALUES)
    assert javascript(VIEW, "lookUp", 6.4, KEYS, VALUES, 32)["answer"] == pytest.approx(mean, abs=1)


def test_arrow_keys_move_the_query_on_its_grid_and_no_farther_than_its_ends(javascript):
    assert javascript(VIEW, "moved", 7.0, "ArrowLeft", False) == 6.9
    assert javascript(VIEW, "moved", 7.0, "ArrowUp", True) == 8
    assert javascript(VIEW, "moved", 10.5, "ArrowRight", True) == 11
    assert javascript(VIEW, "moved", 1.0, "ArrowDown", False) == 1
    assert javascript(VIEW, "moved", 7.0, "Enter", False) is None
    assert javascript(VIEW, "settle", 3.14159) == 3.1


def test_the_sentence_says_age_width_nearest_and_answer(javascript):
    seen = javascript(VIEW, "lookUp", 5.6, KEYS, VALUES, 1.0)
    sentence = javascript(VIEW, "describe", 5.6, KEYS, 1.0, seen)
    weights, answer = look_up(5.6, 1.0)
    assert sentence == (
        "Asked for 5.6 years with a width of 1.00: the age of 6 has weight "
        f"{max(weights):.2f}, and the answer is {answer:.1f} cm."
    )


def test_the_still_picture_shows_the_weights(javascript):
    weights, _ = look_up(7.0, 1.0)
    shown = re.findall(r">(\d\.\d\d)<", soft_dictionary().still)
    assert [float(number) for number in shown] == pytest.approx(weights, abs=6e-3)


@pytest.mark.parametrize("wrong", [{"query": 0.0}, {"query": 12.0}, {"width": 0.0}])
def test_a_value_no_slider_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must lie .* got {value}"):
        soft_dictionary(**wrong)
