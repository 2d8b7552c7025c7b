"""Quizzes: what a chapter says becomes choices with feedback, and what is refused."""

import json
import re
from pathlib import Path

import pytest
from environment import ROOT
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace

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
    with log.open("w") as warnings, docutils_namespace():
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


# Over the whole book: a right answer that is always the longest, or always B, need not be known.
LONGEST_AT_MOST = 0.4
ONE_LETTER_AT_MOST = 0.4
QUIZ = re.compile(r"^::::\{admonition\}.*\n:class: quiz\n((?s:.*?))^::::$", re.MULTILINE)
CHOICE = re.compile(r"^\d\. (.*)$", re.MULTILINE)


def asked(text: str) -> list[tuple[list[str], int]]:
    """The choices of every quiz, and the place of the right one."""
    found = []
    for body in QUIZ.findall(text):
        choices, answers = (CHOICE.findall(part) for part in body.split(":::{admonition} Answers"))
        right = [answer.startswith("**Right.**") for answer in answers].index(True)
        found.append((choices, right))
    return found


def share_of_longest(quizzes: list[tuple[list[str], int]]) -> float:
    """How often the right choice is longer than every other."""
    longest = [
        len(choices[right]) > max(len(c) for n, c in enumerate(choices) if n != right)
        for choices, right in quizzes
    ]
    return sum(longest) / len(longest)


def share_of_one_letter(quizzes: list[tuple[list[str], int]]) -> float:
    """How often the right choice stands at the place where it stands most often."""
    places = [right for _, right in quizzes]
    return max(map(places.count, places)) / len(places)


def quizzes_of_the_book() -> list[tuple[list[str], int]]:
    found = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        prose = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        found += asked(prose)
        assert prose.count(":class: quiz") == len(asked(prose)), path.stem
    return found


def test_the_right_answer_is_seldom_the_longest() -> None:
    assert share_of_longest(quizzes_of_the_book()) <= LONGEST_AT_MOST


def test_no_letter_is_right_too_often() -> None:
    assert share_of_one_letter(quizzes_of_the_book()) <= ONE_LETTER_AT_MOST


def test_a_quiz_that_can_be_guessed_is_found_out() -> None:
    given_away = asked("# Q\n\n" + quiz(WRONG, RIGHT) + "\n" + quiz(WRONG, RIGHT))
    assert [right for _, right in given_away] == [1, 1]
    assert share_of_one_letter(given_away) == 1
    assert share_of_longest(given_away) == 0
    assert share_of_longest([(["short", "much longer"], 1), (["even longer", "no"], 1)]) == 0.5
