"""The switch under a chapter's title: all code, none, or what teaches; and it is remembered."""

from collections.abc import Callable

from playwright.sync_api import Page
from visits import WIDE

Open = Callable[..., Page]

CHAPTER, ANOTHER = "notebooks/07_many_heads.html", "notebooks/12_vision.html"
INPUTS = "div.cell .cell_input"


def visible(page: Page) -> int:
    return sum(one.is_visible() for one in page.locator(INPUTS).all())


def choose(page: Page, name: str) -> None:
    page.locator(".code-switch").get_by_label(name, exact=True).check()


def test_what_only_prepares_is_folded_and_opens_on_wish(watched: Open, site: str) -> None:
    page = watched(f"{site}/{CHAPTER}", viewport=WIDE)
    folds = page.locator("details.hide.above-input")
    said = folds.locator("summary").all_inner_texts()
    assert said[0] == "Imports"
    assert set(said[1:]) == {"Show the code"}
    assert visible(page) == page.locator(INPUTS).count() - folds.count()
    folds.nth(1).locator("summary").press("Enter")
    assert folds.nth(1).locator(".cell_input").is_visible()
    assert folds.nth(1).locator("summary").inner_text() == "Hide the code"


def test_all_code_or_none_is_shown_and_the_choice_is_remembered(watched: Open, site: str) -> None:
    page = watched(f"{site}/{CHAPTER}", viewport=WIDE)
    before, count = visible(page), page.locator(INPUTS).count()
    choose(page, "all")
    assert visible(page) == count
    choose(page, "none")
    assert visible(page) == 0
    page.goto(f"{site}/{ANOTHER}")
    assert visible(page) == 0
    page.locator("details.attn-code summary").first.click()
    assert visible(page) == 1
    page.goto(f"{site}/{CHAPTER}")
    choose(page, "what teaches")
    assert visible(page) == before
    assert page.locator("details.attn-code").count() == 0


def test_code_is_shown_without_scripts_and_on_paper(watched: Open, site: str) -> None:
    bare = watched(f"{site}/{CHAPTER}", viewport=WIDE, java_script_enabled=False)
    assert not bare.locator(".code-switch").is_visible()
    assert visible(bare) == bare.locator(INPUTS).count()
    page = watched(f"{site}/{CHAPTER}", viewport=WIDE)
    choose(page, "none")
    page.emulate_media(media="print")
    page.locator(INPUTS).last.wait_for(state="visible")
    assert visible(page) == page.locator(INPUTS).count()


def test_rubbish_in_the_storage_is_as_if_nothing_were(watched: Open, site: str) -> None:
    page = watched(f"{site}/{CHAPTER}", viewport=WIDE)
    before = visible(page)
    page.evaluate("localStorage.setItem('attn-code', '<img src=x>')")
    page.reload()
    assert visible(page) == before


def test_a_page_without_cells_has_no_switch(watched: Open, site: str) -> None:
    page = watched(f"{site}/book/glossary.html", viewport=WIDE)
    assert not page.locator(".code-switch").is_visible()
