"""Terms tell what they mean where they stand, and chapters named in the text are links."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from visits import PHONE, WIDE

Open = Callable[..., Page]
CHAPTER = "notebooks/01_what_is_attention"


def test_a_term_tells_its_meaning_to_pointer_and_keyboard(watched: Open, site: str) -> None:
    page = watched(f"{site}/{CHAPTER}.html", viewport=WIDE)
    term, tip = page.locator("a:has(> .std-term)", has_text="neural network"), page.get_by_role(
        "tooltip"
    )  # fmt: skip
    assert tip.count() == 0
    term.hover()
    assert tip.inner_text().startswith("A chain of sums, matrix products and simple functions")
    tip.hover()  # it stays while the pointer is on it
    page.wait_for_timeout(300)
    assert tip.is_visible()
    page.mouse.move(0, 0)
    tip.wait_for(state="detached")
    term.focus()
    assert term.get_attribute("aria-describedby") == tip.get_attribute("id")
    page.keyboard.press("Escape")
    assert tip.count() == 0
    assert term.get_attribute("aria-describedby") is None
    page.keyboard.press("Tab")
    term.focus()
    page.keyboard.press("Tab")
    assert "A chain of sums" not in "".join(tip.all_inner_texts())


def test_on_a_phone_a_meaning_stays_on_the_page_and_its_formula_is_set(
    watched: Open, site: str
) -> None:
    page = watched(f"{site}/notebooks/04_softmax_and_scale.html", viewport=PHONE)
    page.locator("a[href$=term-softmax]").first.focus()
    tip = page.get_by_role("tooltip")
    tip.locator("mjx-container").first.wait_for()
    box = tip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize("name", ["notebooks/00_pytorch", CHAPTER, "notebooks/07_many_heads"])
def test_every_term_of_a_page_has_its_meaning_there(watched: Open, site: str, name: str) -> None:
    page = watched(f"{site}/{name}.html", viewport=WIDE)
    told = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#terms > p')]"
        ".map(one => [one.dataset.term, one.textContent]))"
    )
    linked = page.evaluate(
        "[...document.querySelectorAll('a:has(> .std-term)')].map(one => one.hash.slice(1))"
    )
    assert set(linked) == set(told)
    assert all(len(meaning) > 20 for meaning in told.values())


def test_a_chapter_named_in_the_text_is_a_link_and_bears_the_same_number(
    watched: Open, site: str
) -> None:
    page = watched(f"{site}/notebooks/04_softmax_and_scale.html", viewport=WIDE)
    link = page.locator(".bd-article a", has_text=re.compile("^chapter 03$")).first
    assert str(link.get_attribute("href")).endswith("03_query_key_value.html")
    assert page.locator("h1").last.inner_text().startswith("04 Softmax and scale")
    assert page.locator(".bd-sidebar-primary .current.active a").inner_text().startswith("04 ")
    assert page.locator(".left-prev .prev-next-title").inner_text().startswith("03 ")


def test_no_chapter_is_named_in_the_text_without_a_link(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/09_transformer.html", viewport=WIDE)
    plain = page.evaluate("""() => {
      const article = document.querySelector(".bd-article").cloneNode(true);
      for (const one of article.querySelectorAll("a, code, pre, h1, h2, h3, script")) one.remove();
      return article.textContent;
    }""")
    assert re.findall(r"[Cc]hapter (?:0[1-8]|1[0-2])\b", plain) == []
