"""Chapter 12's stored numbers fit the models they tell of."""

import pytest

from course.data.digits import load
from course.digits.networks import load as load_network
from course.digits.networks import untrained
from course.digits.train_digits import accuracy
from course.measurements import stored
from course.measurements.chapter_12 import RUNS
from course.measurements.gates import row

SEEDS, BLANKING, GATES = stored(12)
ROWS = {row[0]: row[1:] for row in SEEDS.rows}


def test_every_run_has_a_row_with_its_models_parameters():
    assert list(ROWS) == list(RUNS)
    for name, (kind, _, _) in RUNS.items():
        parts = [part for part in untrained(kind).parameters() if part.requires_grad]
        assert ROWS[name][0] == sum(part.numel() for part in parts)


def test_means_lie_between_the_lowest_and_the_highest_of_five_seeds():
    for _, mean, lowest, highest in ROWS.values():
        assert lowest <= mean <= highest
        assert round(5 * 510 * mean) == pytest.approx(5 * 510 * mean, abs=1e-6)  # 510 pictures


def test_the_stored_vit_is_one_of_the_five():
    found = accuracy(load_network(), load().test)
    _, _, lowest, highest = ROWS["ViT"]
    assert lowest - 0.002 <= found <= highest + 0.002  # it is stored in 16 bits


def test_blanking_begins_with_the_vits_own_accuracy_and_never_helps():
    for _, *right in BLANKING.rows:
        assert right[0] == ROWS["ViT"][1]
        assert right == sorted(right, reverse=True)


def test_one_networks_gates_are_measured_again():
    *numbers, by_channel, by_picture = row(0)[1:]
    assert numbers == pytest.approx(GATES.rows[0][1:5], abs=0.02)
    assert by_channel > by_picture


def test_the_gates_say_what_the_chapter_says_of_them():
    on, elsewhere, lowest, highest, by_channel, by_picture = zip(
        *(cells[1:] for cells in GATES.rows), strict=True
    )
    differences = [ink - rest for ink, rest in zip(on, elsewhere, strict=True)]
    assert sum(difference > 0 for difference in differences) == 3
    assert max(map(abs, differences)) < 0.07
    assert min(lowest) > 0.1 and max(highest) < 0.9
    ratios = [one / other for one, other in zip(by_channel, by_picture, strict=True)]
    assert all(1.5 < ratio < 3 for ratio in ratios)
