"""The book is built without a warning, fits every width and opens from a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from visits import OVERFLOW, PHONE, WIDE, color_faults, other_faults, pages

Open = Callable[..., Page]

each_page = pytest.mark.parametrize("name", pages())


def test_the_book_builds_without_a_warning(build: tuple[Path, str]) -> None:
    _, complaint = build
    assert complaint == ""


PALE = {
    "a word of a paragraph": "article p em, article p strong",
    "a line in a box": ".admonition.exercise p, .admonition.objectives li",
    "a word of code": ".cell_input pre span[class]",
    "a cell's output": ".cell_output pre",
    "a line of the contents": "nav li a",
    "a word of a live picture": ".attn-widget :is(td, th, label, button, p)",
}


@pytest.mark.parametrize("place", PALE)
def test_one_pale_word_in_a_page_is_found(watched: Open, site: str, place: str) -> None:
    page = watched(f"{site}/notebooks/03_query_key_value.html", viewport=WIDE)
    page.emulate_media(reduced_motion="reduce")
    words = page.locator(PALE[place]).filter(visible=True).filter(has_text="e").all()
    words[len(words) // 2].evaluate("one => one.style.setProperty('color', '#ddd', 'important')")
    assert any("color-contrast" in fault for fault in color_faults(page))


FORMULA = "article p:has(mjx-math):not(:has(a))"
NARROW = "width: 40px; overflow: auto; white-space: nowrap"
# How a page goes wrong: where, and what is done there.
WRONG = {
    "a picture without a name": ["svg[role=img]", "removeAttribute", "aria-label"],
    "a role that there is not": ["article p", "setAttribute", "role", "sliding"],
    "a control without a name": [".attn-widget label", "remove"],
    "a formula that cannot be scrolled by key": [FORMULA, "setAttribute", "style", NARROW],
    "a word with a state it has not": ["article p em", "setAttribute", "aria-checked", "true"],
    "a picture that is switched on": ["svg[role=img]", "setAttribute", "aria-checked", "true"],
    "a line outside its list": ["article ul", "setAttribute", "role", "group"],
    "a page in a language that there is not": ["html", "setAttribute", "lang", "quite-another"],
}


@pytest.mark.parametrize("place", WRONG)
def test_one_fault_in_a_page_is_found(watched: Open, site: str, place: str) -> None:
    page = watched(f"{site}/notebooks/03_query_key_value.html", viewport=WIDE)
    where, does, *told = WRONG[place]
    text = page.locator("article")
    before = text.inner_html()
    found = other_faults(page)
    assert text.inner_html() == before
    assert found == []
    changed = page.locator(where).filter(visible=True).last
    changed.evaluate("(one, [does, told]) => one[does](...told)", [does, told])
    assert other_faults(page) != []


@pytest.mark.parametrize("width", [320, 768, 1024])
@pytest.mark.parametrize("name", ["book/intro", "notebooks/01_what_is_attention", "genindex"])
def test_between_phone_and_desk_nothing_is_too_wide(
    watched: Open, site: str, name: str, width: int
) -> None:
    page = watched(f"{site}/{name}.html", viewport={"width": width, "height": 800})
    assert page.evaluate(OVERFLOW) <= 0


@each_page
def test_the_page_opens_from_a_folder(watched: Open, book: Path, name: str) -> None:
    page = watched((book / f"{name}.html").as_uri(), viewport=PHONE, color_scheme="dark")
    assert page.evaluate(OVERFLOW) <= 0


def test_the_list_for_programs_is_plain_markdown(book: Path) -> None:
    """A role such as {term}`rollout` means something in MyST only."""
    lines = (book / "llms.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 30
    assert [line for line in lines if "{" in line or ":::" in line] == []
    assert "what a rollout and a gradient add to it" in "\n".join(lines)
