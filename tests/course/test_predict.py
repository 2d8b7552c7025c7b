"""Predictions: what is true is read from the cell that computed it, and what is refused."""

import re
from pathlib import Path

import nbformat
import pytest
from environment import ROOT
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace

ASKED = ":::{admonition} Predict\n:class: predict\nHow many?\n:::\n"
CHOSEN = ASKED.replace("How many?", "How many?\n\n1. few\n2. many")


def built(folder: Path, question: str, metadata: dict[str, object], printed: str = "") -> str:
    """The HTML of a notebook with one prediction and the cell that answers it."""
    extensions = str(ROOT / "book" / "extensions")
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {extensions!r})\n"
        "extensions = ['myst_nb', 'quiz', 'predict']\nnb_execution_mode = 'off'\n"
        "myst_enable_extensions = ['colon_fence']\n"
    )
    stream = nbformat.v4.new_output("stream", text=printed)
    cell = nbformat.v4.new_code_cell("answer()", metadata=metadata, outputs=[stream])
    cells = [nbformat.v4.new_markdown_cell("# A page\n\n" + question), cell]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "index.ipynb")
    out = str(folder / "out")
    with (folder / "log").open("w") as warnings, docutils_namespace():
        Sphinx(str(folder), str(folder), out, out, "html", status=None, warning=warnings).build()
    return (folder / "out" / "index.html").read_text()


def asked(page: str) -> dict[str, str]:
    form = re.search(r'<form class="guess"([^>]*)>', page)
    assert form is not None
    return dict(re.findall(r'data-(\w+)="([^"]*)"', form[1]))


@pytest.mark.parametrize(
    ("printed", "true"),
    [("left  1,024 %", "1024.0"), ("left  −3", "-3.0"), ("left  0.03\nleft 9", "0.03")],
)
def test_a_number_is_read_from_the_output(tmp_path: Path, printed: str, true: str) -> None:
    guess = {"number": r"left +([-−\d.,]+)", "unit": "%"}
    found = asked(built(tmp_path, ASKED, {"guess": guess}, printed))
    assert (found["kind"], found["true"], found["unit"]) == ("number", true, "%")
    assert re.fullmatch(r"index#[0-9a-f]{10}", found["key"])


def test_the_list_becomes_choices(tmp_path: Path) -> None:
    page = built(tmp_path, CHOSEN, {"guess": {"right": "B", "asked": "in all"}})
    assert (asked(page)["kind"], asked(page)["true"]) == ("choice", "B")
    assert '<legend class="asked">Your guess, in all</legend>' in page
    assert [s.strip() for s in re.findall(r"<span>(few|many)</span>", page)] == ["few", "many"]


LINE = {"number": r"left +(\d+)", "least": 0, "most": 100, "step": 1}


def test_a_number_with_bounds_is_dragged(tmp_path: Path) -> None:
    page = built(tmp_path, ASKED, {"guess": {**LINE, "unit": "%"}}, "left 46")
    found = asked(page)
    assert (found["kind"], found["true"], found["unit"]) == ("drag", "46.0", "%")
    assert 'type="range" autocomplete="off" min="0" max="100" step="1" value="50"' in page


@pytest.mark.parametrize(
    ("question", "guess", "complaint"),
    [
        (ASKED, {**LINE, "least": 2}, "2 ≤ 1.0 ≤ 100"),
        (ASKED, {**LINE, "step": 0}, "a step above 0"),
        (ASKED, {"number": r"left +(\d)", "least": 0}, "'most', 'step'"),
        (CHOSEN, {"right": "C"}, "one of AB"),
        (CHOSEN, {}, "one of AB"),
        (ASKED, {"number": r"right +(\d)"}, "in the cell's output"),
        (ASKED, {"right": "A"}, "choices in the box"),
        (ASKED, {}, "got none"),
        ("", {"right": "A"}, "no prediction asks for"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, question: str, guess: dict[str, str], complaint: str
) -> None:
    with pytest.raises(SphinxError, match=complaint):
        built(tmp_path, question, {"guess": guess}, "left 1")
