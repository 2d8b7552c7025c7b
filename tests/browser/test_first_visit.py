"""What a page is for who comes to the site for the first time: whole, light, still, and soon alive.

Each page is visited once in each view. Where the live pictures of each chapter stand is printed by
`python -m pytest -s tests/browser/test_first_visit.py -k live`. A screen is 900 pixels of a page
1440 pixels wide, as it opens: answers and preparations folded. Weights are kilobytes as a server
sends them (gzip).
"""

import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from measure_pages import WATCH, weight
from playwright.sync_api import Browser
from visits import (
    ALL_LIVE,
    KEPT,
    ONE_OF_EACH_KIND,
    VIEWS,
    asked_for_all_else,
    asked_for_colors,
    pages,
    until,
    visit,
)

MOST_SHIFT = 0.05  # of the browser's score; 0.1 is what is called good
FIRST, APART, LEAST = 2.0, 5.0, 3  # screens, screens, pictures
MODEL = re.compile(r"_static/attention/(?!page\.js|view-|words-)[\w-]+\.js(\?|$)")
CHAPTERS = [name for name in pages() if re.match(r"(notebooks|book/fr)/\d\d_", name)]
each_page = pytest.mark.parametrize("name", pages())
# A dark phone sees each page from a folder, in test_book.py.
VISITS = [
    (view, name)
    for view in VIEWS
    for name in pages()
    if view != "dark phone" or name in ONE_OF_EACH_KIND
]
ASKED = [
    (view, name)
    for view, name in VISITS
    if asked_for_colors(name, view) or asked_for_all_else(name, view)
]
each_visit = pytest.mark.parametrize(("view", "name"), VISITS)


@each_visit
def test_no_error_in_the_console(browser: Browser, site: str, name: str, view: str) -> None:
    assert visit(browser, site, name, view).console == []


@each_visit
def test_no_request_leaves_the_site(browser: Browser, site: str, name: str, view: str) -> None:
    assert visit(browser, site, name, view).outside == []


@each_visit
def test_the_page_never_scrolls_sideways(browser: Browser, site: str, name: str, view: str) -> None:
    assert visit(browser, site, name, view).overflow <= 0


@each_page
def test_every_page_reflows_at_320_pixels(browser: Browser, site: str, name: str) -> None:
    assert visit(browser, site, name, "light phone").overflow_at_320 <= 0


@pytest.mark.parametrize("name", [name for name in pages() if re.search(r"/\d\d_", name)])
def test_no_solution_shows_unasked(browser: Browser, site: str, name: str) -> None:
    solutions = visit(browser, site, name, "light").solutions
    assert len(solutions) >= 3  # else nothing was looked for
    assert set(solutions) == {""}


@pytest.mark.parametrize(("view", "name"), ASKED)
def test_nothing_stands_in_the_way_of_a_reader(
    browser: Browser, site: str, name: str, view: str
) -> None:
    """No serious or critical finding of axe, by the rules of WCAG 2.2 A and AA."""
    assert visit(browser, site, name, view).violations == []


def test_each_kind_of_page_is_asked_for_all_on_desk_and_phone() -> None:
    assert set(pages()) > ONE_OF_EACH_KIND


@pytest.mark.parametrize("view", [view for view in VIEWS if view.startswith("light")])
@each_page
def test_a_page_stands_still_while_it_comes(
    browser: Browser, site: str, name: str, view: str
) -> None:
    arrival = visit(browser, site, name, view).arrival
    assert arrival["paint"] > 0  # else nothing was watched
    assert arrival["shift"] <= MOST_SHIFT, arrival["moved"]


@pytest.mark.parametrize("view", KEPT)
@each_page
def test_the_place_of_each_live_picture_is_kept(
    browser: Browser, site: str, name: str, view: str
) -> None:
    """Other fonts make a picture a little taller or lower than tools/measure_heights.py saw it."""
    seen = visit(browser, site, name, view)
    assert len(seen.places) == len(seen.tops)  # else not all were looked at
    for tall, kept in seen.places:
        assert abs(tall - kept) <= 0.1 * tall + 30


@pytest.mark.parametrize("name", ["book/tour", "notebooks/10_gpt", "notebooks/12_vision"])
def test_a_page_stands_still_when_its_model_comes_late(
    browser: Browser, site: str, name: str
) -> None:
    page, held = browser.new_page(viewport={"width": 820, "height": 1800}), []
    page.add_init_script(WATCH)
    page.route(MODEL, lambda asked: held.append(asked))
    with page.expect_request(MODEL):
        page.goto(f"{site}/{name}.html", wait_until="commit")
    until(page, "seen.paint")
    page.wait_for_timeout(200)  # for a reader to see what stands there meanwhile
    for asked in held:
        asked.continue_()
    until(page, ALL_LIVE)
    page.wait_for_timeout(100)
    seen = page.evaluate("seen")
    page.close()
    assert held
    assert seen["shift"] <= MOST_SHIFT, seen["moved"]


@each_page
def test_a_page_is_light(browser: Browser, site: str, book: Path, name: str) -> None:
    loaded = [unquote(path).lstrip("/") for path in visit(browser, site, name, "light").loaded]
    weights = {path: weight(book / path) for path in loaded if (book / path).is_file()}
    assert f"{name}.html" in weights  # else nothing was weighed
    page = {path: kilobytes for path, kilobytes in weights.items() if not MODEL.search(path)}
    heaviest = sorted(page.items(), key=lambda item: -item[1])[:5]
    assert sum(page.values()) < 350, heaviest
    assert sum(weights.values()) - sum(page.values()) <= 500


@pytest.mark.parametrize("name", CHAPTERS)
def test_live_pictures_come_early_and_often(browser: Browser, site: str, name: str) -> None:
    found = visit(browser, site, name, "light")
    told = " ".join(f"{top:.1f}" for top in found.tops)
    print(f"\n{name.split('/')[-1]:28} {len(found.tops)} at {told} of {found.end:.1f} screens")
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
