"""Chapter 16's thinned weights: measured anew in small, and the stored table's sentences."""

from statistics import median

import pytest
import torch

from attnlib.normalizers import LengthScaled, softmax
from course.measurements import stored
from course.measurements.dilution import (
    BELOW,
    LONG,
    PLAIN,
    SEEDS,
    SETS,
    TESTED,
    draw,
    picked,
    trained,
)

NAMES = ("plain", "sharpened afterwards", "learned factor", "length-scaled")
SHORT = TESTED[0]


def test_one_token_has_the_highest_number_by_the_same_gap_at_every_length():
    for length in TESTED:
        numbers, letters, place = draw(50, length, seed=3)
        assert numbers.shape == letters.shape == (50, length)
        assert torch.equal(numbers.argmax(dim=1), place)
        best, second = numbers.topk(2, dim=1).values.unbind(dim=1)
        assert (best == 1).all()
        assert (second <= BELOW).all()


def test_a_plain_weight_thins_and_scores_times_log_n_bring_some_of_it_back():
    model = trained(softmax, seed=1, steps=120)
    short, thin = picked(model, SHORT)[0], picked(model, LONG)[0]
    model.attend.normalize = LengthScaled(1, strength=PLAIN)
    assert picked(model, SHORT)[0] == pytest.approx(short, abs=1e-3)
    assert thin < short / 2
    assert 1.4 * thin < picked(model, LONG)[0] < short


def by(column):
    """The five seeds of every softmax."""
    (table,) = [table for table in stored(16) if table.title.startswith("The weight of one key")]
    at = list(table.columns).index(column)
    told = {name: [row[at] for row in table.rows if row[0] == name] for name in NAMES}
    assert sorted(table.rows, key=lambda row: row[1]) == table.rows
    assert all(len(cells) == len(SEEDS) for cells in told.values())
    return told


@pytest.mark.parametrize("length", TESTED)
def test_weights_are_shares_and_so_are_right_answers_of_whole_sets(length):
    for cells in by(f"weight, {length}").values():
        assert all(0 < cell < 1 for cell in cells)
    for cells in by(f"right, {length}").values():
        assert all(abs(cell * SETS - round(cell * SETS)) < 0.03 for cell in cells)


def test_what_plain_softmax_loses_the_length_brings_back_and_a_factor_does_not():
    short, long, right = by(f"weight, {SHORT}"), by(f"weight, {LONG}"), by(f"right, {LONG}")
    assert all(min(cells) == 1 for cells in by(f"right, {SHORT}").values())
    assert 0.6 < min(short["plain"]) < max(short["plain"]) < 0.86
    assert 0.16 < min(long["plain"]) < max(long["plain"]) < 0.42
    assert min(right["plain"]) < 0.4 < 0.95 < max(right["plain"])
    assert min(right["sharpened afterwards"]) > 0.99
    assert 0.65 <= min(right["learned factor"]) < median(right["learned factor"]) < 0.9
    assert min(long["length-scaled"]) > 0.82
    assert min(right["length-scaled"]) == 1
    for scaled, factor in zip(long["length-scaled"], long["learned factor"], strict=True):
        assert scaled > factor + 0.4
    assert short["plain"] == short["sharpened afterwards"]
