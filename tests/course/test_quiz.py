"""The quiz directive: what it reads, and what it refuses."""

import re
import sys
from pathlib import Path

import pytest
from environment import ROOT
from sphinx.application import Sphinx

sys.path.insert(0, str(ROOT / "book" / "extensions"))
from quiz import fault, split_answers

RIGHT, WRONG = "- [x] 1 — It does.", "- [ ] 0 — It does not."


def test_answers_are_read_with_their_feedback() -> None:
    assert split_answers([WRONG, RIGHT]) == (
        [],
        [(False, "0", "It does not."), (True, "1", "It does.")],
    )


def test_an_answer_may_go_on_over_lines() -> None:
    _, answers = split_answers(["- [x] a long", "  answer — with long", "  feedback"])
    assert answers == [(True, "a long answer", "with long feedback")]


def test_only_the_first_dash_divides() -> None:
    _, answers = split_answers(["- [x] yes — right — quite"])
    assert answers == [(True, "yes", "right — quite")]


def test_text_before_the_answers_belongs_to_the_question() -> None:
    before, _ = split_answers(["Think of softmax.", "", RIGHT, WRONG])
    assert before == ["Think of softmax.", ""]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([RIGHT], "expected 2 to 8 answers"),
        ([WRONG, WRONG], "expected exactly one right answer"),
        ([RIGHT, RIGHT], "expected exactly one right answer"),
        ([RIGHT, "- [ ] silent"], "the answer “silent” says nothing"),
    ],
)
def test_a_faulty_quiz_is_told_why(lines: list[str], complaint: str) -> None:
    assert complaint in str(fault(split_answers(lines)[1]))


def built(folder: Path, text: str) -> tuple[str, str]:
    """The HTML of one page and the warnings it was built with."""
    extensions = str(ROOT / "book" / "extensions")
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {extensions!r})\nextensions = ['myst_nb', 'quiz']\n"
    )
    (folder / "index.md").write_text(text)
    log = folder / "log"
    with log.open("w") as warnings:
        out = str(folder / "out")
        app = Sphinx(str(folder), str(folder), out, out, "html", status=None, warning=warnings)
        app.build()
    return (folder / "out" / "index.html").read_text(), log.read_text()


def test_a_quiz_is_a_labelled_group_of_choices(tmp_path: Path) -> None:
    page, log = built(tmp_path, f"# Q\n\n```{{quiz}} The *sum* is …\n{WRONG}\n{RIGHT}\n```\n")
    assert log == ""
    assert "<legend>The <em>sum</em> is …</legend>" in page
    inputs = re.findall(r'<input type="radio" name="quiz-0" id="(quiz-0-\w)">', page)
    labels = re.findall(r'<label for="(quiz-0-\w)">', page)
    assert inputs == labels == ["quiz-0-A", "quiz-0-B"]
    assert "<p>It does not.</p>" in page.split("<details>")[1]


def test_a_faulty_quiz_fails_the_build(tmp_path: Path) -> None:
    _, log = built(tmp_path, f"# Q\n\n```{{quiz}} The sum is …\n{RIGHT}\n```\n")
    assert "quiz “The sum is …”: expected 2 to 8 answers" in log
