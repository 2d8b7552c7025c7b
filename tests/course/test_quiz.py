"""Quizzes: what a chapter says becomes choices with feedback, and what is refused."""

import re
from pathlib import Path

import pytest
from environment import ROOT
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

RIGHT, WRONG = "**Right.** It does.", "It does not."


def quiz(*answers: str, choices: int | None = None, fold: str = "dropdown") -> str:
    count = len(answers) if choices is None else choices
    lines = ["::::{admonition} The *sum* is …", ":class: quiz", ""]
    lines += [f"{number}. number {number}" for number in range(1, count + 1)]
    lines += ["", ":::{admonition} Answers", f":class: {fold}", ""]
    lines += [f"{number}. {answer}" for number, answer in enumerate(answers, start=1)]
    return "\n".join([*lines, ":::", "::::", ""])


def built(folder: Path, text: str) -> tuple[str, str]:
    """The HTML of one page and the warnings it was built with."""
    extensions = str(ROOT / "book" / "extensions")
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {extensions!r})\nextensions = ['myst_nb', 'quiz']\n"
        "myst_enable_extensions = ['colon_fence']\n"
    )
    (folder / "index.md").write_text(text)
    log = folder / "log"
    with log.open("w") as warnings:
        out = str(folder / "out")
        app = Sphinx(str(folder), str(folder), out, out, "html", status=None, warning=warnings)
        app.build()
    return (folder / "out" / "index.html").read_text(), log.read_text()


def test_a_quiz_is_a_labelled_group_of_choices(tmp_path: Path) -> None:
    page, log = built(tmp_path, "# Q\n\n" + quiz(WRONG, RIGHT))
    assert log == ""
    assert "<legend>The <em>sum</em> is …</legend>" in page
    inputs = re.findall(r'<input type="radio" name="quiz-0" id="(quiz-0-\w)">', page)
    labels = re.findall(r'<label for="(quiz-0-\w)">', page)
    assert inputs == labels == ["quiz-0-A", "quiz-0-B"]


def test_every_choice_is_answered_at_its_place(tmp_path: Path) -> None:
    page, _ = built(tmp_path, "# Q\n\n" + quiz(WRONG, RIGHT))
    said = re.findall(r'data-verdict="(\w+)">\s*<p[^>]*>(\w) is (\w+)\.</p>\s*<p>(.*?)</p>', page)
    assert [(a, b, c, d.strip()) for a, b, c, d in said] == [
        ("wrong", "A", "wrong", "It does not."),
        ("right", "B", "right", "It does."),
    ]


def test_text_before_the_choices_belongs_to_the_question(tmp_path: Path) -> None:
    text = quiz(WRONG, RIGHT).replace("1. number 1", "Think of softmax.\n\n1. number 1", 1)
    page, _ = built(tmp_path, "# Q\n\n" + text)
    assert "<p>Think of softmax.</p>" in page.split("<details>")[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (quiz(RIGHT), "expected 2 to 8 choices, got 1"),
        (quiz(WRONG, WRONG), r"expected exactly one answer that begins with \*\*Right\.\*\*"),
        (quiz(RIGHT, RIGHT), "expected exactly one answer"),
        (quiz(WRONG, RIGHT, choices=3), "as many answers as there are choices"),
        (quiz(WRONG, RIGHT, fold="tip"), "an admonition of the class dropdown"),
        (re.sub(r"\d\. number", "- number", quiz(WRONG, RIGHT)), "expected a numbered list"),
    ],
)
def test_a_faulty_quiz_fails_the_build(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SphinxError, match=f"quiz “The sum is …”: .*{complaint}"):
        built(tmp_path, "# Q\n\n" + text)
