"""Nothing that comes late moves what a reader already sees."""

import pytest
from measure_pages import WATCH, WIDTHS
from playwright.sync_api import Browser
from visits import PATIENCE, pages, settle

MOST = 0.05  # of the browser's score; 0.1 is what is called good


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", pages())
def test_a_page_stands_still_while_it_comes(
    browser: Browser, site: str, name: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{site}/{name}.html")
    settle(page)
    seen = page.evaluate("seen")
    context.close()
    assert seen["paint"] > 0  # else nothing was watched
    assert seen["shift"] <= MOST, seen["moved"]
