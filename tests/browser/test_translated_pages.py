"""The book's pages in other languages, in the browser: what they say, and how they are found."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from languages import pairs
from playwright.sync_api import Page, expect
from prose import LANGUAGES
from said import said_on_pages
from visits import OVERFLOW, WIDE, until

Open = Callable[..., Page]

NAMES = [
    (language, page, english)
    for language, names in pairs().items()
    for page, english in names.items()
]
each_page = pytest.mark.parametrize(("language", "name", "english"), NAMES)
# Every text and name of the page that is not said to be English; code is.
SPOKEN = """() => {
  const told = [];
  const kept = "[lang=en], pre, code, script, style, em, strong, mjx-container";
  const english = (one) => one.closest(kept);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
  for (let one = walk.nextNode(); one; one = walk.nextNode()) {
    if (one.nodeType === Node.TEXT_NODE && !english(one.parentElement)) told.push(one.data);
    for (const name of ["aria-label", "title", "placeholder", "aria-valuetext"]) {
      if (one.getAttribute?.(name) && !english(one)) told.push(one.getAttribute(name));
    }
  }
  return told.map((text) => text.trim()).filter((text) => text !== "");
}"""


def words(language: str, *sections: str) -> dict[str, str]:
    table = json.loads((LANGUAGES / language / "words.json").read_text(encoding="utf-8"))
    return {key: said for name in sections for key, said in table[name].items()}


def form(text: str) -> str:
    """What a text looks like, whatever stands for its names in braces."""
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(text))


@each_page
def test_nothing_is_said_in_english_but_what_says_so(
    watched: Open, site: str, language: str, name: str, english: str
) -> None:
    page = watched(f"{site}/{name}.html", viewport=WIDE)
    assert page.locator("html").get_attribute("lang") == language
    until(page, "!document.querySelector('[data-ready=false]')")
    known = words(language, "panels", "page")
    scripts = words(language, "scripts")
    known |= {key: scripts[key] for key in said_on_pages(language)}
    telling = [
        form(key)
        for key, said in known.items()
        if len(re.sub(r"\{\w+\}|[\W\d]", "", key)) > 3 and not re.fullmatch(form(key), said)
    ]
    left = re.compile("|".join(telling))
    assert sorted({text for text in page.evaluate(SPOKEN) if left.fullmatch(text)}) == []


@each_page
def test_each_page_links_to_the_same_in_the_other_language(
    watched: Open, site: str, language: str, name: str, english: str
) -> None:
    page = watched(f"{site}/{english}.html", viewport={"width": 320, "height": 640})
    there = page.locator(f".languages a[hreflang={language}]")
    expect(there).to_be_in_viewport()
    there.press("Enter")
    page.wait_for_url(f"**/{name}.html")
    back = page.locator(".languages a[hreflang=en]")
    expect(back).to_be_in_viewport()
    assert page.evaluate(OVERFLOW) == 0
    back.press("Enter")
    page.wait_for_url(f"**/{english}.html")


def test_every_word_of_the_page_is_used(book: Path) -> None:
    for language, names in pairs().items():
        told = "".join((book / f"{name}.html").read_text(encoding="utf-8") for name in names)
        told += "".join(path.read_text("utf-8") for path in book.glob("_static/inline-*.js"))
        told = unescape(re.sub("[ \\n]+", " ", told))
        known = {key: said for key, said in words(language, "page").items() if key != "Right."}
        longest = {key: max(re.split(r"\{\w+\}", said), key=len) for key, said in known.items()}
        assert [key for key, part in longest.items() if part.strip() not in told] == []


def test_a_guess_is_read_and_answered_in_french(watched: Open, site: str) -> None:
    page = watched(f"{site}/book/fr/01_what_is_attention.html", viewport=WIDE)
    guess = page.locator("form.guess[data-kind=number]").first
    guess.get_by_role("textbox").fill("12,5 %")
    guess.get_by_role("button", name="La garder, et voir").click()
    expect(guess.locator("[aria-atomic]")).to_contain_text("Vous attendiez 12,5 %, et c’est ")
    quiz = page.locator(".quiz").first
    quiz.locator("label").first.click()
    expect(quiz.locator("[aria-atomic]")).to_contain_text(re.compile(r"A\s: c’est"))


def test_a_term_tells_its_meaning_in_french(watched: Open, site: str) -> None:
    page = watched(f"{site}/book/fr/translate.html", viewport=WIDE)
    term, tip = page.get_by_role("link", name="attention croisée"), page.get_by_role("tooltip")
    assert term.get_attribute("href") == "glossary.html#term-cross-attention"
    term.focus()
    expect(tip).to_contain_text("Une attention dont les requêtes viennent d’une suite")
    assert tip.get_attribute("lang") == "fr"
