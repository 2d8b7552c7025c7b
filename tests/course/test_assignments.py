"""Homework: nothing in it gives an answer away, and its checks say what the chapter's say."""

import doctest
import json
import subprocess
import sys
from textwrap import dedent

import nbformat
import pytest
from environment import ROOT

from course.assignments import handout, tasks, verdicts, write
from course.assignments.__main__ import chapters, main
from course.assignments.grading import results
from course.exercises import chapter_00

CHAPTERS = chapters()


def read(number: int) -> nbformat.NotebookNode:
    return nbformat.read(CHAPTERS[number], as_version=4)


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_handout_asks_everything_and_answers_nothing(number: int) -> None:
    chapter = read(number)
    given = handout(chapter)
    assert tasks(given) == tasks(chapter) != []
    text = "\n".join(cell.source for cell in given.cells)
    whole = "\n".join(cell.source for cell in chapter.cells)
    assert whole.count("{solution}") > 0 == text.count("{solution}")
    assert text.count("{exercise}") == whole.count("{exercise}")
    assert "What we found" not in text
    code = [cell for cell in given.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or "guess" in cell.metadata for cell in code)


def submitted(*answers: str) -> nbformat.NotebookNode:
    sources = ["from course.exercises import chapter_00", *answers]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in sources])


def test_a_notebook_is_graded_exercise_by_exercise(tmp_path, capsys) -> None:
    right = "distances = chapter_00.DISTANCES.solution\nchapter_00.DISTANCES.check(distances)"
    wrong = "mix = lambda *_: 0.0\nprint('mine')\nchapter_00.MIX.check(mix)"
    stops = "fitted_slope = 1 / 0\nchapter_00.FITTED_SLOPE.check(fitted_slope)"
    path, scores = tmp_path / "theirs.ipynb", tmp_path / "results.json"
    nbformat.write(submitted(right, wrong, stops), path)
    main(["--grade", str(path), "--results", str(scores)])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("DISTANCES: Right.")
    assert said[1].startswith("MIX: Not yet: ")
    assert said[2] == "FITTED_SLOPE: Your cell stopped with ZeroDivisionError: division by zero"
    graded = json.loads(scores.read_text(encoding="utf-8"))["tests"]
    assert [test["score"] for test in graded] == [1, 0, 0]
    assert all(test["max_score"] == 1 and test["output"] for test in graded)


def test_an_exercise_that_is_gone_is_not_right(tmp_path) -> None:
    path = tmp_path / "theirs.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    assert "is gone" in verdicts(path, ["MIX"])["MIX"]
    assert json.loads(results({"MIX": "gone"}))["tests"][0]["score"] == 0


def test_the_files_beside_it_check_the_notebook(tmp_path) -> None:
    """The test file, run as a teacher would, on the handout with one answer in it."""
    for path in write(CHAPTERS[0], tmp_path):
        compile(path.read_text(encoding="utf-8"), path, "exec") if path.suffix == ".py" else None
    answered = submitted(
        "distances = chapter_00.DISTANCES.solution\nchapter_00.DISTANCES.check(distances)"
    )
    nbformat.write(answered, tmp_path / "chapter_00.ipynb")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        tmp_path,
    ]
    told = subprocess.run(
        [*command, tmp_path / "test_chapter_00.py"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    assert "2 failed, 1 passed" in told


def test_what_cannot_be_done_is_said(tmp_path, capsys) -> None:
    write(CHAPTERS[0], tmp_path / "chapter_00")
    for words, complaint in (
        (["0", "--into", str(tmp_path)], "is there already; remove it"),
        (["99"], "there is no chapter 99; there are 0, 1, 2"),
        (["--results", "x.json"], "--results needs --grade"),
        (["--grade", str(tmp_path / "none.ipynb")], "No such file"),
        (["--grade", str(ROOT / "README.md")], "is no notebook"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
        assert complaint in capsys.readouterr().err


def test_otters_tests_pass_for_the_solution_alone(tmp_path) -> None:
    """Their code, run as the doctest that Otter makes of it."""
    write(CHAPTERS[0], tmp_path)
    for name, answer, failures in (("mix", chapter_00.MIX.solution, 0), ("mix", len, 1)):
        space: dict[str, object] = {}
        exec((tmp_path / "tests" / f"{name}.py").read_text(encoding="utf-8"), space)
        assert space["OK_FORMAT"] is True
        case = space["test"]["suites"][0]["cases"][0]  # type: ignore[index]
        globs = {"chapter_00": chapter_00, "mix": answer}
        example = doctest.DocTestParser().get_doctest(dedent(case["code"]), globs, name, None, 0)
        ran = doctest.DocTestRunner(verbose=False).run(example, out=lambda _: None)
        assert ran.failed == failures
