"""Takes pictures of the built book: the README's, or any page in every view into a folder.

.venv/bin/python tools/screenshots.py                       # book/static/screenshot.png
.venv/bin/python tools/screenshots.py FOLDER PAGE [PAGE …]  # light, dark and phone of each page
"""

import sys
from pathlib import Path

from browser import FLAGS, find_chromium
from environment import ROOT
from playwright.sync_api import Browser, Page, sync_playwright

BOOK = ROOT / "_build" / "html"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
VIEWS = {
    "light": {"color_scheme": "light", "viewport": WIDE},
    "dark": {"color_scheme": "dark", "viewport": WIDE},
    "phone": {"color_scheme": "light", "viewport": PHONE},
    "phone-dark": {"color_scheme": "dark", "viewport": PHONE},
}


def open_page(browser: Browser, name: str, view: str, **more: object) -> Page:
    page = browser.new_context(**VIEWS[view], **more).new_page()
    page.goto((BOOK / f"{name}.html").as_uri())
    page.wait_for_timeout(500)  # fonts, and the first picture of each widget
    return page


def every_view(browser: Browser, folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for view in VIEWS:
            page = open_page(browser, name, view)
            page.screenshot(path=folder / f"{Path(name).name}-{view}.png", full_page=True)
            page.context.close()


def readme(browser: Browser) -> None:
    """The first chapter with its live picture in view."""
    page = open_page(browser, "notebooks/01_what_is_attention", "light", device_scale_factor=1.5)
    page.locator(".attn-widget").first.scroll_into_view_if_needed()
    page.screenshot(path=ROOT / "book" / "static" / "screenshot.png")


def main(arguments: list[str]) -> None:
    with sync_playwright() as play:
        path = find_chromium(Path(sys.executable))
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        if arguments:
            every_view(browser, Path(arguments[0]), arguments[1:])
        else:
            readme(browser)


if __name__ == "__main__":
    main(sys.argv[1:])
