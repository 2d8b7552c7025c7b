"""A prediction takes the reader's guess, keeps it, uncovers what happened, and says how far off."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from visits import PHONE, WIDE

Open = Callable[..., Page]
PAGE = "notebooks/10_gpt"
STRANGE = "<img src=x onerror=alert(1)>&amp;\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.fixture
def page(watched: Open, site: str) -> Page:
    return watched(f"{site}/{PAGE}.html", viewport=WIDE)


def test_a_number_is_kept_and_compared(page: Page) -> None:
    form = page.locator("form.guess[data-kind=number]").first
    field, said = form.get_by_role("textbox"), form.locator("[aria-atomic]")
    field.fill("many")
    form.get_by_role("button", name="Keep it, and look").click()
    expect(said).to_have_text("Write a number, such as 0.5 or 40.")
    field.fill("2.9 nats")
    field.press("Enter")
    expect(said).to_have_text(
        "You expected 2.9 nats, and it is 1.41 nats: too much by a factor of 2.06."
    )
    fold = page.locator("form.guess[data-kind=number] >> nth=0 >> xpath=following::details[1]")
    expect(fold).to_have_attribute("open", "")
    page.reload()
    expect(field).to_have_value("2.9 nats")
    expect(field).to_be_disabled()
    form.get_by_role("button", name="Forget it").click()
    expect(said).to_be_empty()
    expect(field).to_be_enabled()
    page.reload()
    expect(field).to_have_value("")


def test_a_choice_is_kept_and_compared(page: Page) -> None:
    form = page.locator("form.guess[data-kind=choice]").first
    form.get_by_role("button", name="Keep it, and look").click()
    expect(form.locator("[aria-atomic]")).to_have_text("Say first what you expect.")
    form.get_by_text("the GPT").click()
    form.get_by_role("button", name="Keep it, and look").click()
    expect(form.locator("[aria-atomic]")).to_have_text("You expected A, and it is B.")
    page.reload()
    expect(form.get_by_role("radio").first).to_be_checked()


def test_a_dragged_guess_is_said_kept_and_compared(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/16_long_and_sparse.html", viewport=PHONE)
    form = page.locator("form.guess[data-kind=drag]").first
    line, at, said = (
        form.get_by_role("slider"),
        form.locator(".guess-at"),
        form.locator("[aria-atomic]"),
    )
    expect(at).to_have_text("50 %")
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    page.mouse.up()
    expect(at).to_have_text("100 %")
    line.press("ArrowLeft")
    expect(at).to_have_text("99 %")
    expect(line).to_have_attribute("aria-valuetext", "99 %")
    form.get_by_role("button", name="Keep it, and look").click()
    verdict = "You expected 99 %, and it is 46 %: too much by a factor of 2.15."
    expect(said).to_have_text(verdict)
    assert page.locator("details.hide.below-input[open]").count() == 1
    page.reload()
    expect(said).to_have_text(verdict)
    expect(line).to_have_value("99")
    expect(line).to_be_disabled()
    form.get_by_role("button", name="Forget it").click()
    expect(at).to_have_text("50 %")
    expect(line).to_be_focused()


def test_what_is_no_number_is_refused_and_only_ever_text(page: Page) -> None:
    form = page.locator("form.guess[data-kind=number]").first
    form.get_by_role("textbox").fill(STRANGE)
    form.get_by_role("textbox").press("Enter")
    expect(form.locator("[aria-atomic]")).to_have_text("Write a number, such as 0.5 or 40.")
    expect(form.locator("img")).to_have_count(0)
    page.reload()
    expect(form.get_by_role("textbox")).to_be_empty()


def test_two_tabs_keep_what_was_guessed_in_either(page: Page, site: str) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    number, choice = (
        "form.guess[data-kind=number] >> nth=0",
        "form.guess[data-kind=choice] >> nth=0",
    )
    said = ".guess-said"
    page.locator(number).get_by_role("textbox").fill("2.9")
    page.locator(number).get_by_role("textbox").press("Enter")
    other.locator(choice).locator("label").first.click()
    other.locator(choice).get_by_role("button", name="Keep it, and look").click()
    for tab in (page, other):
        tab.reload()
        expect(tab.locator(number).locator(said)).to_contain_text("You expected 2.9 nats")
        expect(tab.locator(choice).locator(said)).to_have_text("You expected A, and it is B.")
    page.goto(f"{site}/book/intro.html")
    page.get_by_role("button", name="Forget my progress").click()
    other.locator(number).get_by_role("button", name="Forget it").click()
    other.reload()
    for kind in (number, choice):  # what was forgotten there does not come back from here
        expect(other.locator(kind).locator(said)).to_be_empty()


NO_GUESS = ["{", "[1]", "null", '"x"', '{"KEY": 7}', '{"KEY": ["a"]}', '{"KEY": "STRANGE"}']


@pytest.mark.parametrize("stored", NO_GUESS)
def test_what_else_is_stored_is_as_if_nothing_were(page: Page, stored: str) -> None:
    form = page.locator("form.guess").first
    kept = stored.replace("KEY", form.get_attribute("data-key") or "").replace("STRANGE", STRANGE)
    page.evaluate(f"localStorage.setItem('attn-guesses', {json.dumps(kept)})")
    page.reload()
    expect(form.locator("[aria-atomic]")).to_be_empty()
    expect(form.get_by_role("textbox")).to_be_enabled()


def test_without_scripts_the_choices_can_be_read(watched: Open, site: str) -> None:
    page = watched(f"{site}/{PAGE}.html", viewport=WIDE, java_script_enabled=False)
    form = page.locator("form.guess[data-kind=choice]").first
    expect(form.get_by_text("the six-gram")).to_be_visible()
    expect(form.get_by_role("button", name="Keep it, and look")).to_be_hidden()


def test_the_first_page_says_what_was_done(page: Page, site: str) -> None:
    form = page.locator("form.guess[data-kind=number]").first
    form.get_by_role("textbox").fill("2.9")
    form.get_by_role("textbox").press("Enter")
    quizzes = page.locator(".quiz")
    quizzes.first.locator("label").first.click()
    quizzes.first.locator("label").last.click()  # one question, answered twice
    asked = {"prediction": page.locator("form.guess").count(), "quiz": quizzes.count()}
    page.goto(f"{site}/book/intro.html")
    line = page.locator(f".done[data-page='{PAGE}']")
    done = f"1 of {asked['prediction']} predictions, 1 of {asked['quiz']} quizzes"
    expect(line).to_have_text(done)
    page.get_by_role("button", name="Forget my progress").click()
    untouched = f"{asked['prediction']} predictions, {asked['quiz']} quizzes"
    expect(line).to_have_text(untouched)
    page.reload()
    expect(line).to_have_text(untouched)
    expect(page.get_by_role("button", name="Forget my progress")).to_be_hidden()
