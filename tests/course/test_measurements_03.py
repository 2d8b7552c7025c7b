"""Chapter 03's stored numbers are of the game that its cells play, and say what it says."""

import json

import pytest
import torch
from environment import ROOT
from torch import nn
from torch.nn import functional as F

from attnlib import attention
from course.measurements import chapter_03, stored
from course.measurements.chapter_03 import PLAYERS, PROJECTIONS, SEEDS

CHAPTER = ROOT / "notebooks" / "03_query_key_value.ipynb"


@pytest.fixture(scope="module")
def cells():
    """What the chapter's own cells define: play, Player and train."""
    names = {"torch": torch, "nn": nn, "F": F, "attention": attention}
    for cell in json.loads(CHAPTER.read_text())["cells"]:
        source = "".join(cell["source"])
        if source.startswith(("def play", "class Player")):
            exec(source.partition("\n\n\nkinds")[0], names)
        if source.startswith("def train"):
            exec(source.partition("\n\n\nkinds")[0], names)
    return names


def test_the_chapter_plays_the_measured_game(cells):
    for here, there in zip(cells["play"](50, 3), chapter_03.play(50, 3), strict=True):
        assert torch.equal(here, there)


@pytest.mark.parametrize("projections", PROJECTIONS)
def test_the_chapter_trains_the_measured_model(cells, projections):
    torch.manual_seed(1)
    here = cells["train"](cells["Player"](projections), steps=3)
    there = chapter_03.trained(projections, seed=1, steps=3)
    kinds, digits, _ = chapter_03.play(20, 5)
    torch.testing.assert_close(here(kinds, digits)[0], there(kinds, digits)[0])


def test_the_stored_shares_are_all_there_and_add_up():
    (table,) = stored(3)
    assert [row[:2] for row in table.rows] == [[p, s] for p in PROJECTIONS for s in SEEDS]
    for *_, rock, scissors, paper, everyone in table.rows:
        assert everyone == pytest.approx((rock + scissors + paper) / len(PLAYERS))


def test_no_symmetric_score_passes_seven_in_ten_and_two_matrices_do():
    for projections, _, *_, everyone in stored(3)[0].rows:
        if projections in ("three", "one for key and value"):
            assert everyone > 0.999
        else:
            assert everyone < 0.72


def test_one_run_measured_again_is_what_is_stored():
    stored_row = next(row for row in stored(3)[0].rows if row[:2] == ["one for query and key", 0])
    again = chapter_03.right_by_player(chapter_03.trained("one for query and key", 0))
    assert again == pytest.approx(stored_row[2:5], abs=0.02)
