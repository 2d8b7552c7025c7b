"""flash_tiles: what is kept after every tile, against softmax over what was met."""

import pytest
import torch

from course.widgets._flash_tiles import LENGTH, SCORES, SIZES, VALUES, flash_tiles, outputs

VIEW = "flash_tiles.js"
ROWS = [list(row) for row in SCORES]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_when_all_tiles_are_met_the_output_is_attentions(javascript, size, causal):
    *_, last = javascript(VIEW, "walk", ROWS, list(VALUES), size, causal)
    found = [kept["output"] / kept["sum"] for kept in last["kept"]]
    assert found == pytest.approx(outputs(causal).tolist(), abs=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_after_each_tile_the_output_is_that_of_the_keys_met_so_far(javascript, size):
    for state in javascript(VIEW, "walk", ROWS, list(VALUES), size, False)[1:]:
        row, end = state["tile"]["row"] * size, (state["tile"]["column"] + 1) * size
        scores = torch.tensor(SCORES[row][:end], dtype=torch.float64)
        kept = state["kept"][row]
        assert kept["largest"] == scores.max()
        assert kept["sum"] == pytest.approx((scores - scores.max()).exp().sum().item())
        expected = scores.softmax(0) @ torch.tensor(VALUES[:end], dtype=torch.float64)
        assert kept["output"] / kept["sum"] == pytest.approx(expected.item())


def test_a_causal_mask_skips_the_tiles_above_the_diagonal(javascript):
    assert len(javascript(VIEW, "tiles", LENGTH, 2, False)) == 16
    assert len(javascript(VIEW, "tiles", LENGTH, 2, True)) == 10
    assert javascript(VIEW, "tiles", LENGTH, 4, True) == [
        {"row": 0, "column": 0},
        {"row": 1, "column": 0},
        {"row": 1, "column": 1},
    ]


def test_the_sentence_says_which_tile_and_what_is_kept(javascript):
    states = javascript(VIEW, "walk", ROWS, list(VALUES), 4, False)
    said = javascript(VIEW, "describe", states, 2, 4, LENGTH)
    assert said.startswith("Tile 2 of 4: queries 0 to 3 meet keys 4 to 7. 16 scores are there at ")
    assert said.endswith(f"divided, {outputs(False)[0]:.2f}.")
    assert javascript(VIEW, "describe", states, 16, 4, LENGTH).startswith("Tile 4 of 4:")


def test_the_still_picture_shows_the_outputs():
    for output in outputs(True).tolist():
        assert f">{output:.2f}<" in flash_tiles(causal=True).still


@pytest.mark.parametrize("wrong", [{"step": 17}, {"step": -1}, {"size": 3}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        flash_tiles(**wrong)
