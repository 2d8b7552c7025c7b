"""maps: what the picture says of a map, and what is refused."""

import pytest
import torch

from course.widgets import Map, maps

VIEW = "maps.js"
WEIGHTS = torch.tensor([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
ONE = Map("one", WEIGHTS, ("a", "b", "c"), ("x", "y"))


def test_the_sentence_names_the_best_and_counts_the_sure_rows(javascript):
    view = maps([ONE]).view
    state = {**view.maps[0], "map": view.maps[0]["weights"]}
    assert javascript(VIEW, "describe", {**state, "row": 2}) == (
        "one: “c” looks most at “y”, with 0.80. Of 3 rows 2 give one word more than half."
    )


def test_the_weights_are_those_given_to_three_decimals():
    kept = torch.tensor(maps([ONE]).view.maps[0]["weights"])
    torch.testing.assert_close(kept, WEIGHTS, rtol=0, atol=5e-4)


def test_the_still_picture_is_of_the_chosen_row():
    assert "one: where “b” looks" in maps([ONE], row=1).still


def test_one_map_alone_leaves_nothing_to_choose():
    assert maps([ONE]).controls == ()
    assert len(maps([ONE, ONE]).controls) == 1


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"'one' must have 3 × 1 weights, got \(3, 2\)"):
        maps([Map("one", WEIGHTS, ("a", "b", "c"), ("x",))])
    with pytest.raises(ValueError, match="chosen must lie between 0 and 0, got 1"):
        maps([ONE], chosen=1)
    with pytest.raises(ValueError, match="row must lie between 0 and 2, got 3"):
        maps([ONE], row=3)
