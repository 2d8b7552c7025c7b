"""downhill: every place and every word is what PyTorch's SGD does, gradients forgotten or kept."""

import pytest

from course.widgets._downhill import MOST, RATES, START, downhill, walk

VIEW = "downhill.js"


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("forget", [True, False])
def test_the_way_is_that_of_sgd(javascript, rate, forget):
    seen = [place["x"] for place in javascript(VIEW, "walk", START, rate, MOST, forget)]
    assert seen == pytest.approx(walk(rate, MOST, forget), rel=1e-9, abs=1e-9)


def test_no_step_is_the_start(javascript):
    assert javascript(VIEW, "walk", START, 0.1, 0, True) == [{"x": 3, "slopes": [6]}]


def test_the_sentence_says_where_x_stands_and_where_it_goes(javascript):
    said = javascript(VIEW, "describe", START, 0.1, 1, True)
    assert said == (
        "After 1 step x = 2.40, its square 5.76, the slope 4.80. "
        "The next step: 2.40 − 0.10 · 4.80 = 1.92."
    )
    assert walk(0.1, 2, forget=True)[-1] == pytest.approx(1.92)


def test_the_sentence_adds_the_slopes_that_were_not_forgotten(javascript):
    said = javascript(VIEW, "describe", START, 0.5, 2, False)
    assert "slope −6.00. The gradient holds 6.00 + 0.00 + (−6.00) = 0.00." in said
    assert walk(0.5, 3, forget=False) == pytest.approx([3, 0, -3, -3])
    said = javascript(VIEW, "describe", START, 0.1, 5, False)
    slopes = 2 * sum(walk(0.1, 5, forget=False))
    assert f"The gradient holds all 6 slopes so far, together {slopes:.2f}." in said


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"rate": 0.2}, r"rate must be one of .* got 0.2"),
     ({"steps": 21}, "steps must lie between 0 and 20, got 21")],
)  # fmt: skip
def test_what_no_control_offers_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        downhill(**choice)
