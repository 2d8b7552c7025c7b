"""The notebook that a student gets, and the files that check it."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import nbformat
from nbformat import NotebookNode

CHECK = re.compile(r"^(chapter_\d\d)\.(\w+)\.check\((\w+)\)\s*$", re.MULTILINE)
# What only an answer shows: the folded solutions, and what we found in an open exercise.
SOLUTION = re.compile(r"^(`{3,})\{solution\}.*?^\1\s*$\n?", re.MULTILINE | re.DOTALL)
FOUND = re.compile(r"^(:{3,})\{admonition\} What we found.*?^\1\s*$\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Task:
    """An exercise with a check: `chapter_04.SPREAD.check(my_spread)`."""

    chapter: str  # the module of the checks
    name: str
    answer: str  # the variable that holds the answer


def tasks(notebook: NotebookNode) -> list[Task]:
    """The exercises with a check, in order."""
    return [task for cell in notebook.cells for task in tasks_of(cell)]


def tasks_of(cell: NotebookNode) -> Iterator[Task]:
    if cell.cell_type == "code":
        yield from (Task(*found.groups()) for found in CHECK.finditer(cell.source))


def handout(notebook: NotebookNode) -> NotebookNode:
    """The chapter with its exercises and hints, without solutions and outputs."""
    given = deepcopy(notebook)
    given.metadata.pop("widgets", None)
    for cell in given.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("guess", None)  # the answers to the predictions
        else:
            cell.source = FOUND.sub("", SOLUTION.sub("", cell.source)).strip()
    given.cells = [cell for cell in given.cells if cell.source]
    return given


def write(chapter: Path, folder: Path) -> list[Path]:
    """Write a chapter's homework into `folder`: the notebook, a test file, and Otter's tests.

    Raises ValueError for a chapter without a checked exercise, and FileExistsError where the
    notebook stands already: somebody may have worked in it.
    """
    notebook = nbformat.read(chapter, as_version=4)
    found = tasks(notebook)
    if not found:
        raise ValueError(f"{chapter.name} has no exercise with a check")
    module = found[0].chapter
    given = folder / f"{module}.ipynb"
    if given.exists():
        raise FileExistsError(f"{given} is there already; remove it, or choose another folder")
    files = {
        given: nbformat.writes(handout(notebook)) + "\n",
        folder / f"test_{module}.py": pytest_file(module, found),
        **{folder / "tests" / f"{task.name.lower()}.py": otter_file(task) for task in found},
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def pytest_file(module: str, found: list[Task]) -> str:
    names = "\n".join(f'    "{task.name}",' for task in found)
    return dedent(f'''\
        """Checks {module}.ipynb, or the notebook that SUBMISSION names: pytest test_{module}.py"""

        import os
        from functools import cache
        from pathlib import Path

        import pytest

        from course.assignments import verdicts

        EXERCISES = [
        NAMES
        ]


        @cache
        def said() -> dict[str, str]:
            beside = Path(__file__).with_name("{module}.ipynb")
            return verdicts(Path(os.environ.get("SUBMISSION", beside)), EXERCISES)


        @pytest.mark.parametrize("exercise", EXERCISES)
        def test_exercise(exercise: str) -> None:
            assert said()[exercise].startswith("Right."), said()[exercise]
        ''').replace("NAMES", names)


def otter_file(task: Task) -> str:
    """A test in Otter-Grader's format (https://otter-grader.readthedocs.io, "OK-formatted")."""
    check = f"{task.chapter}.{task.name}.verdict({task.answer})"
    return dedent(f'''\
        OK_FORMAT = True

        test = {{
            "name": "{task.name}",
            "points": 1,
            "suites": [
                {{
                    "cases": [
                        {{
                            "code": r"""
                            >>> said = {check}
                            >>> print("Right." if said.startswith("Right.") else said)
                            Right.
                            """,
                            "hidden": False,
                            "locked": False,
                        }}
                    ],
                    "scored": True,
                    "setup": "",
                    "teardown": "",
                    "type": "doctest",
                }}
            ],
        }}
        ''')
