"""Chapter 13's stored numbers: one model trained again, and the rest by its own arithmetic."""

from statistics import fmean

import pytest

from course.language.today import parameters
from course.measurements import stored
from course.measurements.chapter_13 import FIRST, tables
from course.measurements.parts_of_today import EXCHANGED, SEEDS, model_of, surprise, trained

SUMMARY, EACH = stored(13)
FOUND = {row[0]: row[1:] for row in EACH.rows}


def test_the_summary_is_that_of_the_seeds():
    assert list(map(as_stored, tables(FOUND))) == [SUMMARY, EACH]


def test_every_block_was_measured():
    assert list(FOUND) == list(EXCHANGED)


def test_no_seed_undoes_what_rotary_positions_and_two_tables_gain():
    below = {row[0]: row[3:] for row in SUMMARY.rows[1:]}
    rotary = {"rotary, base 10,000", "rotary, base 100,000"}
    always = {name for name, (*_, seeds) in below.items() if seeds == "5 of 5"}
    assert always == {*rotary, "two tables"}
    assert all(least > 0.04 for _, least, *_ in map(below.get, rotary))
    within = {"no biases", "RMSNorm", "SwiGLU", "2 key heads for 4"}
    assert all(mean < 0 < most for mean, _, most, _ in map(below.get, within))


def as_stored(table):
    """JSON knows lists alone."""
    return type(table)(
        table.title, list(table.columns), [list(row) for row in table.rows], table.command,
        table.percent, table.digits,
    )  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_every_block_has_all_seeds_and_equal_parameters(name):
    assert len(FOUND[name]) == len(SEEDS)
    wanted = parameters(model_of(EXCHANGED[FIRST], 0))
    assert parameters(model_of(EXCHANGED[name], 0)) == pytest.approx(wanted, rel=0.003)


def test_a_block_trained_again_is_as_surprised():
    name = "rotary, base 10,000"
    again = surprise(trained(EXCHANGED[name], seed=SEEDS[0]))
    assert again == pytest.approx(FOUND[name][0], abs=0.02)
    assert fmean(FOUND[name]) == pytest.approx(again, abs=0.1)
