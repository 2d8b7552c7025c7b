"""Runs a submitted notebook from top to bottom, and says of each exercise what its check says."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from course.assignments.homework import Task, tasks, tasks_of

GONE = "The cell that checks {name} is gone, or was changed: it is needed as it was handed out."


def verdicts(
    submission: Path, exercises: Sequence[str] = (), *, seconds: int = 600
) -> dict[str, str]:
    """What the check of each exercise says of the answer in a notebook.

    `exercises` are those that are asked for, all that the notebook has when none is named. A cell
    that stops with an error does not stop the others. The notebook's code is run as it is, with all
    that the caller may do: grade strangers' work in a container.

    Raises FileNotFoundError without such a file, ValueError for a file that is no notebook, and
    nbclient's CellTimeoutError when one cell takes longer than `seconds`.
    """
    try:
        notebook = nbformat.read(submission, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as problem:
        raise ValueError(f"{submission} is no notebook: {problem}") from problem
    asked = asking(notebook)
    NotebookClient(
        asked, timeout=seconds, allow_errors=True, resources={"metadata": {"path": "."}}
    ).execute()
    said = {}
    for place, cell in enumerate(asked.cells):
        if "asks" in cell.metadata:
            said[cell.metadata["asks"]] = stopped(asked.cells[place - 1]) or printed(cell)
    names = exercises or [task.name for task in tasks(notebook)]
    return {name: said.get(name, GONE.format(name=name)) for name in names}


def asking(notebook: NotebookNode) -> NotebookNode:
    """The notebook with a cell after each check, which prints its verdict and nothing else."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        cells += [question(task) for task in tasks_of(cell)]
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def question(task: Task) -> NotebookNode:
    source = f"print({task.chapter}.{task.name}.verdict({task.answer}))"
    return nbformat.v4.new_code_cell(source, metadata={"asks": task.name})


def stopped(cell: NotebookNode) -> str | None:
    """What stopped the answer's own cell, if something did."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    return f"Your cell stopped with {errors[0].ename}: {errors[0].evalue}" if errors else None


def printed(cell: NotebookNode) -> str:
    texts = [output.get("text", "") for output in cell.outputs]
    return stopped(cell) or "".join(texts).strip()


def results(said: Mapping[str, str]) -> str:
    """The verdicts as Gradescope's autograder reads them from results.json."""
    tests = [
        {"name": name, "score": int(words.startswith("Right.")), "max_score": 1, "output": words}
        for name, words in said.items()
    ]
    return json.dumps({"tests": tests}, indent=1, ensure_ascii=False) + "\n"
