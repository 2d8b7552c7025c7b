"""The course's numbers: stored as they were measured, printed by one command."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from course.measurements import Table, chapters, store, stored, table

SHARES = Table(
    "Exact, 100 test sentences", ["scheme", "3-8", "9-16"], [["none", 0.51, 1.0]], "python x", True
)


def test_a_table_prints_aligned_with_its_title():
    assert str(SHARES).splitlines() == [
        "Exact, 100 test sentences",
        "scheme    3-8    9-16",
        "none    51.0%  100.0%",
    ]


def test_floats_print_with_the_digits_asked_for_and_whole_numbers_as_they_are():
    mixed = Table("t", ["a", "b", "c"], [["x", 0.12345, 1200]], "python x", digits=3)
    assert str(mixed).splitlines()[-1].split() == ["x", "0.123", "1200"]


def test_a_row_that_does_not_fit_the_columns_is_refused():
    with pytest.raises(ValueError, match="rows must have 2 cells"):
        Table("t", ["a", "b"], [["x", 1.0, 2.0]], "python x")


def test_what_is_stored_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "FOLDER", tmp_path)
    store(9, [SHARES])
    assert chapters() == [9]
    assert str(stored(9)[0]) == str(SHARES)
    with pytest.raises(ValueError, match="chapter 8 has no stored measurements"):
        stored(8)


def test_one_command_prints_every_table_and_how_to_measure_it_again():
    command = [sys.executable, "-m", "course.measurements"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert chapters()
    for chapter in chapters():
        for kept in stored(chapter):
            assert str(kept) in printed
            module = re.match(r"python -m (course\.\w+)", kept.command)[1]
            assert find_spec(f"{module}.__main__"), "no such command"
            assert kept.command in printed
