"""Where arrow keys lead in a grid of buttons."""

import pytest


@pytest.mark.parametrize(
    ("key", "start", "reached"),
    [("ArrowRight", 0, 1), ("ArrowDown", 51, 63), ("ArrowUp", 12, 0),
     ("ArrowLeft", 0, None), ("ArrowUp", 5, None), ("ArrowRight", 71, None),
     ("ArrowRight", 11, None), ("ArrowDown", 60, None), ("Tab", 26, None)],
)  # fmt: skip
def test_arrow_keys_walk_the_grid_and_stop_at_its_edge(javascript, key, start, reached):
    assert javascript("roving.js", "neighbor", key, start, 12, 72) == reached


@pytest.mark.parametrize(
    ("key", "start", "reached"),
    [("ArrowRight", 0, 1), ("ArrowDown", 0, 1), ("ArrowUp", 3, 2), ("ArrowLeft", 3, 2),
     ("ArrowUp", 0, None), ("ArrowDown", 6, None)],
)  # fmt: skip
def test_in_a_single_row_down_is_as_right(javascript, key, start, reached):
    assert javascript("roving.js", "neighbor", key, start, 7, 7) == reached
