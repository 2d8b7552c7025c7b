"""Visits a page of the book once in each view, and keeps what was seen there."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import yaml
from axe_playwright_python.sync_playwright import Axe
from environment import ROOT
from playwright.sync_api import Browser, ConsoleMessage, Page

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
VIEWS = {
    "light": {"color_scheme": "light", "viewport": WIDE},
    "dark": {"color_scheme": "dark", "viewport": WIDE},
    "light phone": {"color_scheme": "light", "viewport": PHONE},
    "dark phone": {"color_scheme": "dark", "viewport": PHONE},
}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "preload": False,  # axe would fetch style sheets anew, some from wrong addresses
    "resultTypes": ["violations"],  # of all else one example each: half of the time
}
# A dark page is the light one in other colors.
DARK = ["color-contrast", "link-in-text-block"]
DARK_RULES = {**RULES, "runOnly": {"type": "rule", "values": DARK}}
# A phone shows what a desk shows, in the same colors and otherwise laid out. Colors are two thirds
# of axe's time: there they are looked at on one page of each kind.
UNCOLORED_RULES = {**RULES, "rules": {name: {"enabled": False} for name in DARK}}
ONE_OF_EACH_KIND = {"book/intro", "notebooks/03_query_key_value", "book/api/masks", "search"}
# Of a page's thousands of colored code words each kind is looked at once in each kind of box.
EACH_KIND_OF_CODE_ONCE = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll(":is(pre, code, dt.sig) span[class]")) {
    const box = word.closest(".admonition, .cell_output, .cell_input, dt, article");
    const kind = `${word.className} in ${box?.className}`;
    if (seen.has(kind)) word.replaceWith(...word.childNodes);
    seen.add(kind);
  }
}"""
LOCAL = ("data:", "blob:", "about:")
PATIENCE = 90_000  # milliseconds: a busy machine is no bug
# All wide things must scroll inside their own box; the page itself must not.
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pages() -> list[str]:
    """Every page of the table of contents, in order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    below = [section["file"] for chapter in chapters for section in chapter.get("sections", [])]
    return [toc["root"], *(chapter["file"] for chapter in chapters), *below, "search", "genindex"]


@dataclass
class Visit:
    console: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)
    overflow: int = 0
    violations: list[str] = field(default_factory=list)


def home(address: str) -> str:
    """What every request of a page may start with: its own server, or any file."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/"


def listen(page: Page, allowed: str) -> Visit:
    """Note every error in the console and every request that leaves `allowed` on a fresh page."""
    seen = Visit()

    def check_request(url: str) -> None:
        seen.loaded.add(urlsplit(url).path)
        if not url.startswith((allowed, *LOCAL)):
            seen.outside.append(url)

    def check_message(said: ConsoleMessage) -> None:
        if said.type == "error":
            seen.console.append(f"{said.text} ({said.location['url']})")

    page.on("console", check_message)
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.on("request", lambda request: check_request(request.url))
    return seen


def settle(page: Page) -> None:
    """Wait until the widgets stand, then two frames more."""
    page.wait_for_load_state("networkidle")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")


def until(page: Page, condition: str) -> None:
    """Wait until the JavaScript holds. Playwright's own way is an eval, which our pages forbid."""
    page.evaluate(
        f"""async () => {{
          const end = Date.now() + {PATIENCE};
          while (!({condition})) {{
            if (Date.now() > end) throw new Error("not within {PATIENCE} ms");
            await new Promise((done) => setTimeout(done, 30));
          }}
        }}"""
    )


@cache
def visit(browser: Browser, site: str, name: str, view: str) -> Visit:
    """What was seen of the page by a reader who has nothing of the site yet."""
    context = browser.new_context(**VIEWS[view])
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        seen = listen(page, site)
        page.goto(f"{site}/{name}.html")
        settle(page)
        seen.overflow = page.evaluate(OVERFLOW)
        if rules := rules_for(name, view):
            page.emulate_media(reduced_motion="reduce")  # what fades in has no color of its own yet
            page.evaluate(EACH_KIND_OF_CODE_ONCE)
            response = Axe().run(page, options=rules).response
            seen.violations = [describe(found) for found in grave(response)]
    finally:
        context.close()
    return seen


def rules_for(name: str, view: str) -> dict[str, Any] | None:
    """What axe is asked of a page in a view; None where another view of it was asked all."""
    looks_at_colors = not view.endswith("phone") or name in ONE_OF_EACH_KIND
    if view.startswith("dark"):
        return DARK_RULES if looks_at_colors else None
    return RULES if looks_at_colors else UNCOLORED_RULES


def grave(response: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for found in response["violations"] if found["impact"] in ("serious", "critical")]


def describe(found: dict[str, Any]) -> str:
    places = [" ".join(map(str, node["target"])) for node in found["nodes"][:4]]
    return f"{found['id']} ({len(found['nodes'])}×): {'; '.join(places)}"
