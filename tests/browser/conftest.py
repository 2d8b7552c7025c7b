"""One Chromium for all browser tests, and pages that remember what went wrong in them."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser():
    """Chromium: the one CHROMIUM names, the system's, or the one playwright installed."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=named, args=ARGUMENTS)
        yield running
        running.close()


class Watched:
    """Opens pages and keeps their console errors, uncaught exceptions and requests off the machine."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.problems: list[str] = []

    def open(self, address: str, **context: object) -> Page:
        page = self.browser.new_context(**context).new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url}"))
        page.goto(address)
        return page

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1")):
            self.problems.append(f"left the site: {request.url}")


@pytest.fixture
def watched(browser):
    """`watched.open(address, viewport=…, color_scheme=…)`; the test fails if the page complained."""
    watch = Watched(browser)
    yield watch
    for context in browser.contexts:
        context.close()
    assert watch.problems == []
