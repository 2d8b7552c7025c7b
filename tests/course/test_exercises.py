"""Every exercise accepts its solution, and names what is wrong with each likely mistake."""

import inspect
import json
import math
import re
from pathlib import Path

import pytest
import torch
from exercise_list import CHAPTERS, EXERCISES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
MISTAKES = [(name, hint) for name, exercise in EXERCISES.items() for hint in exercise.mistakes]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes(name):
    exercise = EXERCISES[name]
    assert exercise.verdict(exercise.solution) == f"Right. {exercise.praise}"


@pytest.mark.parametrize(("name", "hint"), MISTAKES)
def test_a_likely_mistake_gets_the_hint_that_names_it(name, hint):
    exercise = EXERCISES[name]
    verdict = exercise.verdict(exercise.mistakes[hint])
    assert verdict.startswith("Not yet")
    assert hint in verdict


@pytest.mark.parametrize("name", EXERCISES)
def test_an_empty_answer_is_no_mistake(name):
    assert EXERCISES[name].verdict(...).startswith("Nothing to check yet")


@pytest.mark.parametrize("name", [n for n, e in EXERCISES.items() if callable(e.solution)])
def test_code_that_stops_is_reported_with_its_error(name):
    def stops(*anything):
        raise ZeroDivisionError("division by zero")

    assert "ZeroDivisionError: division by zero" in EXERCISES[name].verdict(stops)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_chapter_checks_it_and_shows_its_solution(name):
    chapter = name.partition(".")[0]
    (path,) = NOTEBOOKS.glob(f"{chapter.removeprefix('chapter_')}_*.ipynb")
    cells = json.loads(path.read_text())["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert f"{name}.check(" in code
    solution = EXERCISES[name].solution
    if callable(solution):
        prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        folded = re.findall(r"````\{solution\}.*?````", prose, flags=re.DOTALL)
        body = inspect.getsource(solution).partition("):\n")[2] or inspect.getsource(solution)
        assert any(_last_line(body) in block for block in folded)


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_an_unanswered_exercise_says_what_its_notebook_shows(path, capsys):
    cells = json.loads(path.read_text())["cells"]
    checks = [
        cell for cell in cells if re.search(r"chapter_\d\d\.\w+\.check\(", "".join(cell["source"]))
    ]
    assert checks
    names = {chapter.__name__[-10:]: chapter for chapter in CHAPTERS}
    for cell in checks:
        # What an exercise may hand out as it is given to be mended: a function that uses these.
        exec("".join(cell["source"]), names | {"torch": torch, "nn": torch.nn, "math": math})
        shown = "".join("".join(output["text"]) for output in cell["outputs"])
        assert capsys.readouterr().out == shown


def _last_line(source):
    return source.strip().splitlines()[-1].strip()
