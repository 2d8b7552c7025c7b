"""rope_scalings: the page's turns are attnlib's, and so is what it calls unseen."""

import itertools
import math

import pytest

from course.widgets._rope_scalings import BASES, FACTORS, LENGTHS, SCHEMES, rope_scalings, turns

VIEW = "rope_scalings.js"
ENDS = [(options[0], options[-1]) for options in (FACTORS, BASES, LENGTHS)]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("chosen", [(4, 100_000, 8192), *itertools.product(*ENDS)])
def test_the_turns_are_attnlibs(javascript, scheme, chosen):
    drawn = javascript(VIEW, "turns", scheme, *chosen)
    assert drawn == pytest.approx(turns(scheme, *chosen), rel=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_unseen_are_the_pairs_beyond_the_arc_they_were_trained_on(javascript, scheme):
    state = {"scheme": scheme, "factor": 8, "base": 10_000, "length": 2048}
    plain, now = turns("as trained", 8, 10_000, 2048), turns(scheme, 8, 10_000, 2048)
    arcs = [(2048 * a, 8 * 2048 * b) for a, b in zip(plain, now, strict=True)]
    wanted = [a < 2 * math.pi and b > a * (1 + 1e-9) for a, b in arcs]
    assert javascript(VIEW, "unseen", state) == wanted


def test_interpolation_shows_nothing_unseen_and_moves_neighbors_together(javascript):
    state = {"scheme": "interpolated", "factor": 4, "base": 100_000, "length": 8192}
    assert javascript(VIEW, "describe", state) == (
        "32,768 tokens, interpolated: no pair reaches angles that training never showed. Two "
        "neighbors are 14.3 degrees apart in the fastest pair, 25 % of what they were."
    )
    assert "12 of 32 pairs reach" in javascript(VIEW, "describe", {**state, "scheme": "as trained"})


def test_the_still_picture_has_a_dot_per_pair():
    assert rope_scalings("YaRN").still.count("<circle") == 32


@pytest.mark.parametrize("wrong", [{"scheme": "none"}, {"factor": 3}, {"base": 1}, {"length": 0}])
def test_what_no_control_offers_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must be one of .* got {value!r}"):
        rope_scalings(**wrong)
