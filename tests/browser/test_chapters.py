"""What is alive in a chapter: quizzes that speak, and, without scripts, still pictures."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page
from visits import PHONE, WIDE, pages, until

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
    quizzes = page.locator(".quiz").all()
    assert quizzes
    for quiz in quizzes:
        quiz.locator("summary").click()
        assert quiz.locator(".quiz-feedback").first.is_visible()


def test_the_address_of_a_script_changes_with_its_content(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/12_vision.html", viewport=WIDE)
    sources = page.evaluate("[...document.scripts].map(one => one.src)")
    ours = [source.split("/")[-1] for source in sources if "/attention/" in source]
    assert {re.sub("[0-9a-f]{8,}", "HASH", one) for one in ours} == {
        "page.js?v=HASH",
        "view-HASH.js",
        "digits_vit.js?v=HASH",
    }


PREDICTED = "details.hide.below-input"


def test_what_answers_a_prediction_waits_for_a_click_or_a_key(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/01_what_is_attention.html", viewport=PHONE)
    folds = page.locator(PREDICTED).all()
    assert folds
    for fold in folds:
        summary, answer = fold.locator("summary"), fold.locator(".cell_output")
        assert summary.inner_text() == "Show what happened"
        assert not answer.is_visible()
        summary.click()
        assert answer.is_visible()
        assert summary.inner_text() == "Hide it again"
        summary.press("Enter")
        assert not answer.is_visible()
        summary.press(" ")
        assert answer.is_visible()
    assert page.locator("details.hide.above-input summary").first.inner_text() == "Imports"


@pytest.mark.parametrize("name", ["notebooks/01_what_is_attention", "notebooks/15_inference"])
def test_without_scripts_every_answer_to_a_prediction_shows(
    watched: Open, site: str, name: str
) -> None:
    page = watched(f"{site}/{name}.html", java_script_enabled=False, viewport=WIDE)
    answers = page.locator(f"{PREDICTED} .cell_output").all()
    assert len(answers) >= 3
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert all(answer.is_visible() for answer in answers)
    page.emulate_media(media="screen")
    page.locator(f"{PREDICTED} summary").first.press("Enter")
    assert not answers[0].is_visible()


# What was drawn of an answer before the page was read, frame by frame.
DRAWN = """globalThis.drawn = [];
const look = () => {
  drawn.push(document.querySelectorAll("details.hide.below-input[open]").length);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);"""


def test_no_answer_to_a_prediction_flashes_up(browser: Browser, site: str) -> None:
    page = browser.new_context(viewport=WIDE).new_page()
    page.add_init_script(DRAWN)
    page.goto(f"{site}/notebooks/15_inference.html")
    assert page.locator(PREDICTED).count() >= 3
    assert set(page.evaluate("drawn")) == {0}


def test_on_paper_every_folded_answer_is_printed(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/01_what_is_attention.html", viewport=WIDE)
    answers = page.locator(f"{PREDICTED} .cell_output").all()
    assert len(answers) == 3
    assert not any(answer.is_visible() for answer in answers)
    page.emulate_media(media="print")
    for answer in answers:
        answer.wait_for(state="visible")
    page.emulate_media(media="screen")
    for answer in answers:
        answer.wait_for(state="hidden")


def test_a_quiz_answered_before_says_so_again_after_back(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/01_what_is_attention.html", viewport=WIDE)
    choice = page.locator(".quiz input").nth(1)
    choice.press(" ")
    page.evaluate("window.addEventListener('unload', () => {})")  # no page kept as it stands
    page.goto(f"{site}/book/notation.html")
    page.go_back()
    until(page, "document.querySelectorAll('.quiz input')[1].checked")
    assert page.locator(".quiz-said").first.inner_text().startswith("B is ")


def test_paper_is_white_and_its_text_dark(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/05_masks.html", viewport=WIDE, color_scheme="dark")
    color = "getComputedStyle(document.querySelector('.bd-article p')).color"
    dark = page.evaluate(color)
    page.emulate_media(media="print", color_scheme="dark")
    until(page, "document.documentElement.dataset.theme === 'light'")
    channels = [int(part) for part in re.findall(r"\d+", page.evaluate(color))[:3]]
    assert max(channels) < 100
    page.emulate_media(media="screen", color_scheme="dark")
    until(page, "document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate(color) == dark


REFUSED = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, {
    configurable: true,
    get() { throw new DOMException("denied", "SecurityError"); },
  });"""


def test_with_storage_refused_the_search_finds_and_the_theme_switches(
    browser: Browser, site: str
) -> None:
    page = browser.new_context(viewport=WIDE).new_page()
    page.add_init_script(REFUSED)
    page.goto(f"{site}/search.html?q=softmax")
    page.locator("#search-results li").first.wait_for()
    before = page.evaluate("document.documentElement.dataset.mode")
    page.locator(".theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.mode") != before


FULL = """Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError");
};"""


def test_with_a_full_storage_guesses_answers_code_and_theme_still_follow(
    browser: Browser, site: str
) -> None:
    page = browser.new_context(viewport=WIDE).new_page()
    page.add_init_script(FULL)
    page.goto(f"{site}/notebooks/10_gpt.html")
    form = page.locator("form.guess[data-kind=number]").first
    form.get_by_role("textbox").fill("2.9")
    form.get_by_role("textbox").press("Enter")
    assert (
        form.locator("[aria-atomic]").inner_text().startswith("You expected 2.9 nats, and it is ")
    )
    assert page.locator(f"{PREDICTED}[open]").count() == 1
    form.get_by_role("button", name="Forget it").click()
    assert form.get_by_role("textbox").is_enabled()
    page.locator(".quiz input").first.press(" ")
    assert page.locator(".quiz-said").first.inner_text().startswith("A is ")
    page.locator(".code-switch").get_by_label("none", exact=True).check()
    assert not page.locator("div.cell .cell_input").first.is_visible()
    before = page.evaluate("document.documentElement.dataset.mode")
    page.locator(".theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.mode") != before
