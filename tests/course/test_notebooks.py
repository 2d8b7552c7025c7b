"""The chapters as they are stored: executed, without errors, and to the pattern.

That running them again gives the same is nbval's part (`make test` passes --nbval).
"""

import ast
import re
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import nbformat
import pytest
from environment import ROOT
from nbformat import NotebookNode
from regenerate import PROGRESS, STATE, STORED, regenerate

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Cells whose output nbval does not compare: training curves and timings. Not a place to hide.
MOST_IGNORED = 3
IGNORE_TAGS = {"nbval-ignore-output", "nbval-skip", "raises-exception"}
# What every chapter has, and how one sees it.
PATTERN = {
    "a title": r"(?m)\A# \S",
    "objectives": r"class: objectives",
    "minutes to read and run": r"(?i)minutes?\b",
    "a prediction": r"class: predict",
    "a quiz": r":class: quiz",
    "a common mistake": r"(?i)mistake",
    "something to remember": r"(?im)^## .*remember|class: remember",
    "references": r"```\{bibliography\}",
}

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def prose(path: Path) -> str:
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def outputs(path: Path) -> list[NotebookNode]:
    return [output for cell in code_cells(path) for output in cell.outputs]


@each_chapter
def test_every_cell_was_run_from_top_to_bottom(path: Path) -> None:
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@each_chapter
def test_no_output_is_an_error(path: Path) -> None:
    assert [output.ename for output in outputs(path) if output.output_type == "error"] == []


@each_chapter
def test_few_outputs_go_unchecked(path: Path) -> None:
    ignored = [c for c in code_cells(path) if IGNORE_TAGS & set(c.metadata.get("tags", []))]
    assert len(ignored) <= MOST_IGNORED


@each_chapter
def test_no_output_tells_of_the_machine_it_was_made_on(path: Path) -> None:
    places = {str(ROOT), str(Path.home()), sys.prefix, "/tmp/", "site-packages"}
    text = "\n".join(map(str, outputs(path)))
    assert [place for place in places if place in text] == []


@each_chapter
def test_no_output_holds_a_progress_bar(path: Path) -> None:
    texts = [output.text for output in outputs(path) if output.output_type == "stream"]
    assert [text for text in texts if PROGRESS.search(text)] == []


@each_chapter
def test_only_the_first_code_cell_imports(path: Path) -> None:
    late = []
    for cell in code_cells(path)[1:]:
        nodes = ast.walk(ast.parse(without_magics(cell.source)))
        late += [
            ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)
        ]
    assert late == []


def without_magics(source: str) -> str:
    return re.sub(r"(?m)^\s*[%!].*$", "", source)


@each_chapter
@pytest.mark.parametrize("part", PATTERN)
def test_chapter_has(path: Path, part: str) -> None:
    assert re.search(PATTERN[part], prose(path))


@each_chapter
def test_chapter_has_three_exercises_each_with_a_folded_solution(path: Path) -> None:
    text = prose(path)
    assert len(re.findall(r"```\{exercise\}", text)) >= 3
    solutions = re.findall(r"```\{solution\}[^\n]*\n((?::.*\n)*)", text)
    assert len(solutions) >= 2  # the open exercise may have none
    assert all("dropdown" in options for options in solutions)


@each_chapter
def test_every_prediction_is_answered_by_a_folded_output_or_a_live_picture(path: Path) -> None:
    assert unanswered(read(path).cells) == []


def unanswered(cells: list[NotebookNode]) -> list[str]:
    """The predictions that nothing answers before the next heading."""
    open_questions: list[str] = []
    left: list[str] = []
    for cell in cells:
        if cell.cell_type == "code":
            open_questions = [] if folded(cell) or live(cell) else open_questions
            continue
        for part in re.split(r"(?m)^(?=#+ |:::\{admonition\} Predict)", cell.source):
            if part.startswith("#"):
                left, open_questions = left + open_questions, []
            elif part.startswith(":::{admonition} Predict"):
                open_questions.append(part.splitlines()[2])
    return left + open_questions


def folded(cell: NotebookNode) -> bool:
    return "hide-output" in cell.metadata.get("tags", [])


def live(cell: NotebookNode) -> bool:
    return cell.source.splitlines()[-1].startswith("widgets.")


def test_a_prediction_is_answered_before_the_next_heading() -> None:
    predict = ":::{admonition} Predict\n:class: predict\nWhich?\n:::"
    asked, next_part = map(nbformat.v4.new_markdown_cell, (predict, "## The next part"))
    plain, shown = map(nbformat.v4.new_code_cell, ("print(1)", "widgets.zoo()"))
    hidden = nbformat.v4.new_code_cell("print(1)", metadata={"tags": ["hide-output"]})
    assert unanswered([asked, plain, hidden]) == unanswered([asked, shown]) == []
    assert unanswered([asked, plain]) == unanswered([asked, next_part, hidden]) == ["Which?"]


@each_chapter
def test_what_is_folded_on_the_page_is_folded_in_jupyterlab(path: Path) -> None:
    cells = code_cells(path)
    lab = [cell.metadata.get("jupyter", {}).get("outputs_hidden", False) for cell in cells]
    assert lab == [folded(cell) for cell in cells]


@each_chapter
def test_folded_inputs_are_the_imports_and_few_others(path: Path) -> None:
    cells = code_cells(path)
    inputs = [cell for cell in cells if "hide-input" in cell.metadata.get("tags", [])]
    assert inputs[0] is cells[0]
    assert len(inputs) <= len(cells) / 3  # most code is what a chapter teaches
    assert not any(folded(cell) or ".check(" in cell.source for cell in inputs)
    in_lab = [cell for cell in cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert in_lab == [cell for cell in inputs if cell is not cells[0]]


@each_chapter
def test_code_cells_fit_on_half_a_screen(path: Path) -> None:
    longest = max(len(cell.source.splitlines()) for cell in code_cells(path))
    assert longest <= 30


@each_chapter
def test_code_lines_fit_beside_the_sidebars(path: Path) -> None:
    lines = [line for cell in code_cells(path) for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > 86] == []


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_widgets_run_the_code_that_stands_here(path: Path) -> None:
    """A notebook keeps each view's JavaScript and style: after a change it is regenerated."""
    state = read(path).metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    kept = [model["state"] for model in state.values() if "_esm" in model["state"]]
    views = {view["_anywidget_id"]: view for view in kept}
    present = {name: resolve_name(name) for name in views}
    files = ("_esm", "_css")
    outdated = [
        name
        for name, view in views.items()
        if any(view[file] != getattr(present[name], file) for file in files)
    ]
    assert outdated == []


WIDGETS = "import ipywidgets\nslider = ipywidgets.IntSlider()\nipywidgets.HBox([slider])"


def test_running_a_notebook_again_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "live.ipynb"
    cells = [nbformat.v4.new_code_cell(WIDGETS), nbformat.v4.new_code_cell("print(1 + 1)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    regenerate(path)
    first = path.read_bytes()
    regenerate(path)
    assert path.read_bytes() == first
    assert b'"model_id": "00000000' in first


BAR = """
import sys
for done in (50, 100):
    print(f"\\r{done}%|#####|", end="", file=sys.stdout)
print("\\nloss 0.5")
"""


def test_a_progress_bar_is_not_stored_but_what_is_printed_after_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bar.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(BAR)]), path)
    regenerate(path)
    assert [output.text for output in outputs(path)] == ["loss 0.5\n"]


def test_a_cell_may_run_longer_than_a_test(tmp_path: Path) -> None:
    path = tmp_path / "slow.ipynb"
    cell = nbformat.v4.new_code_cell("import time\ntime.sleep(2)", execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    pytest_now = (sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider")
    patience = ("--nbval", "--nbval-current-env", "--timeout=1")
    ran = subprocess.run([*pytest_now, *patience, path], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
