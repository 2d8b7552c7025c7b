"""What is alive in a chapter: quizzes that speak, and, without scripts, still pictures."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from visits import PHONE, WIDE, pages

Open = Callable[..., Page]

each_chapter = pytest.mark.parametrize("name", [p for p in pages() if p.startswith("notebooks/")])


@each_chapter
def test_every_answer_of_a_quiz_is_answered(watched: Open, site: str, name: str) -> None:
    page = watched(f"{site}/{name}.html", viewport=PHONE)
    quizzes = page.locator(".quiz").all()
    assert quizzes
    for quiz in quizzes:
        said = quiz.locator(".quiz-said")
        verdicts = []
        for choice in quiz.locator("input").all():
            choice.press(" ")
            verdicts.append(said.get_attribute("data-verdict"))
            letter = str(choice.get_attribute("id"))[-1]
            assert said.inner_text().startswith(f"{letter} is {verdicts[-1]}.")
            assert len(said.inner_text()) > len("A is right.")
        assert verdicts.count("right") == 1


@each_chapter
def test_without_scripts_pictures_and_answers_are_there(
    watched: Open, site: str, name: str
) -> None:
    page = watched(f"{site}/{name}.html", java_script_enabled=False, viewport=WIDE)
    for widget in page.locator(".attn-widget").all():
        box = widget.locator(".attn-picture :is(svg, img, table)").first.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 40
    for quiz in page.locator(".quiz").all():
        quiz.locator("summary").click()
        assert quiz.locator(".quiz-feedback").first.is_visible()


@each_chapter
def test_no_solution_shows_unasked(watched: Open, site: str, name: str) -> None:
    page = watched(f"{site}/{name}.html", viewport=WIDE)
    shown = [one.inner_text() for one in page.locator(".solution .solution-content").all()
             if one.is_visible()]  # fmt: skip
    assert shown == []
