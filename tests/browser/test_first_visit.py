"""What a page is for who comes to the site for the first time: light, still, and soon alive.

`python -m pytest -s tests/browser/test_first_visit.py -k live` prints where the live pictures of
each chapter stand. A screen is 900 pixels of a page 1440 pixels wide, as it opens: answers and
preparations folded. Weights are kilobytes as a server sends them (gzip).
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from measure_pages import WATCH, WIDTHS, weight
from playwright.sync_api import Browser
from visits import PATIENCE, listen, pages, settle

DESK = 1440
MOST_SHIFT = 0.05  # of the browser's score; 0.1 is what is called good
FIRST, APART, LEAST = 2.0, 5.0, 3  # screens, screens, pictures
MODEL = re.compile(r"_static/attention/(?!page\.js|view-|words-).*\.js$")
TOPS = """() => {
  const at = (one) => one.getBoundingClientRect().top + window.scrollY;
  const ends = [...document.querySelectorAll("h2")].filter(
    (one) => one.textContent.startsWith("Mistakes worth making once"));
  return [
    [...document.querySelectorAll(".attn-widget")].map(at),
    at(ends[0] ?? document.querySelector("footer")),
  ];
}"""
CHAPTERS = [name for name in pages() if re.match(r"notebooks/(0[1-9]|1[0-9])_", name)]
each_page = pytest.mark.parametrize("name", pages())


@dataclass
class Arrival:
    """What came, how it moved, and how many screens down each live picture and the end stand."""

    loaded: list[str]
    seen: dict[str, Any]
    tops: list[float]
    end: float


@cache
def arrival(browser: Browser, site: str, name: str, width: int) -> Arrival:
    height = WIDTHS[width]
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    visit = listen(page, site)
    page.add_init_script(WATCH)
    page.goto(f"{site}/{name}.html")
    settle(page)
    seen = page.evaluate("seen")
    tops, end = page.evaluate(TOPS)
    context.close()
    loaded = [unquote(path).lstrip("/") for path in sorted(visit.loaded)]
    return Arrival(loaded, seen, [top / height for top in tops], end / height)


@pytest.mark.parametrize("width", WIDTHS)
@each_page
def test_a_page_stands_still_while_it_comes(
    browser: Browser, site: str, name: str, width: int
) -> None:
    seen = arrival(browser, site, name, width).seen
    assert seen["paint"] > 0  # else nothing was watched
    assert seen["shift"] <= MOST_SHIFT, seen["moved"]


@each_page
def test_a_page_is_light(browser: Browser, site: str, book: Path, name: str) -> None:
    files = [path for path in arrival(browser, site, name, DESK).loaded if (book / path).is_file()]
    weights = {path: weight(book / path) for path in files}
    assert f"{name}.html" in weights  # else nothing was weighed
    page = {path: kilobytes for path, kilobytes in weights.items() if not MODEL.search(path)}
    heaviest = sorted(page.items(), key=lambda item: -item[1])[:5]
    assert sum(page.values()) < 350, heaviest
    assert sum(weights.values()) - sum(page.values()) < 1000


@pytest.mark.parametrize("name", CHAPTERS)
def test_live_pictures_come_early_and_often(browser: Browser, site: str, name: str) -> None:
    found = arrival(browser, site, name, DESK)
    told = " ".join(f"{top:.1f}" for top in found.tops)
    print(f"\n{name.split('/')[1]:28} {len(found.tops)} at {told} of {found.end:.1f} screens")
    assert len(found.tops) >= LEAST
    assert found.tops[0] <= FIRST
    assert max(there - here for here, there in pairwise(found.tops)) <= APART


@each_page
def test_formulas_stand_set_in_the_page(book: Path, name: str) -> None:
    text = (book / f"{name}.html").read_text(encoding="utf-8")
    assert not re.search(r'class="math[^"]*"[^>]*>\s*\\[(\[]', text)
    assert "mathjax/" not in text
    if "mjx-container" in text:
        assert re.search(r'href="[./]*_static/formulas/\w+\.css"', text)
