"""Where the live pictures of a chapter stand: early, several, and never far apart.

`python -m pytest -s tests/browser/test_live_pictures.py` prints the table. A screen is 900 pixels
of a page 1440 pixels wide, as it opens: answers and preparations folded.
"""

import re
from functools import cache
from itertools import pairwise

import pytest
from playwright.sync_api import Browser
from visits import PATIENCE, pages, settle

SCREEN = {"width": 1440, "height": 900}
FIRST, APART, LEAST = 2.0, 5.0, 3  # screens, screens, pictures
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
each_chapter = pytest.mark.parametrize("name", CHAPTERS)


@cache
def places(browser: Browser, site: str, name: str) -> tuple[list[float], float]:
    """How many screens down each picture begins, and where the lesson ends: at its mistakes."""
    page = browser.new_page(viewport=SCREEN)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{site}/{name}.html")
    settle(page)
    tops, end = page.evaluate(TOPS)
    page.close()
    return [top / SCREEN["height"] for top in tops], end / SCREEN["height"]


@each_chapter
def test_live_pictures_come_early_and_often(browser: Browser, site: str, name: str) -> None:
    tops, end = places(browser, site, name)
    told = " ".join(f"{top:.1f}" for top in tops)
    print(f"\n{name.split('/')[1]:28} {len(tops)} live pictures, at {told} of {end:.1f} screens")
    assert len(tops) >= LEAST
    assert tops[0] <= FIRST
    assert max(there - here for here, there in pairwise(tops)) <= APART
