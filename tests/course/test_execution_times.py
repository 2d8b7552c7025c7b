"""How long the chapters run: what is noted, what is allowed, and the page that shows it."""

import json
import sys
from pathlib import Path

import nbformat
import pytest
from environment import ROOT
from regenerate import MINUTES, note

sys.path.insert(0, str(ROOT / "book" / "extensions"))
from execution_times import table

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TIMES = json.loads(MINUTES.read_text(encoding="utf-8"))


def test_every_chapter_has_its_time_and_nothing_else_has() -> None:
    assert list(TIMES) == [path.stem for path in CHAPTERS]


def test_each_chapter_runs_in_three_minutes() -> None:
    assert {name: time for name, time in TIMES.items() if time["running_seconds"] > 180} == {}


def test_all_chapters_run_in_a_quarter_of_an_hour() -> None:
    assert sum(time["running_seconds"] for time in TIMES.values()) <= 15 * 60


def test_the_page_lists_every_chapter_and_the_sum() -> None:
    rows = table(CHAPTERS, TIMES)[2:]
    assert len(rows) == len(CHAPTERS) + 1
    for path, row in zip(CHAPTERS, rows, strict=False):
        assert f"{{doc}}`/notebooks/{path.stem}`" in row
        assert row.endswith(f"| {TIMES[path.stem]['running_seconds']} |")
    assert rows[-1].endswith(f"| {sum(time['running_seconds'] for time in TIMES.values())} |")


def test_the_page_is_in_the_book() -> None:
    assert "- file: book/execution_times\n" in (ROOT / "_toc.yml").read_text()
    assert "```{execution-times}" in (ROOT / "book" / "execution_times.md").read_text()


def chapter(folder: Path, text: str) -> Path:
    path = folder / "01_x.ipynb"
    cell = nbformat.v4.new_markdown_cell(text)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def test_the_minutes_are_those_of_the_objectives_box(tmp_path: Path) -> None:
    path = chapter(tmp_path, "**Reading** 25 minutes · **running** 1 minute.")
    row = table([path], {"01_x": {"running_seconds": 9}})[2]
    assert row == "| 01 · {doc}`/notebooks/01_x` | 25 | 9 |"


def test_a_chapter_that_was_not_timed_is_told_how_to() -> None:
    with pytest.raises(ValueError, match=r"does not have 00_.*make regenerate NOTEBOOKS="):
        table(CHAPTERS[:1], {})


def test_a_chapter_without_minutes_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"01_x.ipynb does not say \*\*Reading\*\* N minutes"):
        table([chapter(tmp_path, "# A title")], {"01_x": {"running_seconds": 9}})


def test_noting_one_chapter_keeps_the_others_one_a_line_in_order(tmp_path: Path) -> None:
    file = tmp_path / "minutes.json"
    for name, seconds in (("02_b", 7), ("01_a", 3.2), ("02_b", 8)):
        note(name, seconds, file)
    assert file.read_text().splitlines() == [
        "{",
        '  "01_a": {"running_seconds": 4},',
        '  "02_b": {"running_seconds": 8}',
        "}",
    ]
