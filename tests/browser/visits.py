"""Visits a page of the book once in each view, and keeps what was seen there."""

from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import yaml
from axe_playwright_python.sync_playwright import Axe
from environment import ROOT
from measure_pages import DESK, WATCH
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 700}
TABLET = {"width": 820, "height": 1180}
VIEWS = {
    "light": {"color_scheme": "light", "viewport": DESK},
    "dark": {"color_scheme": "dark", "viewport": WIDE},
    "light tablet": {"color_scheme": "light", "viewport": TABLET},
    "light phone": {"color_scheme": "light", "viewport": PHONE},
    "dark phone": {"color_scheme": "dark", "viewport": PHONE},
}
# Colors are most of axe's time: they are looked at apart, once for each kind of text.
COLORS = ["color-contrast", "link-in-text-block"]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {name: {"enabled": False} for name in COLORS},
    "preload": False,  # axe would fetch style sheets anew, some from wrong addresses
    "resultTypes": ["violations"],  # of all else one example each: half of the time
}
COLOR_RULES = {
    "runOnly": {"type": "rule", "values": COLORS},
    "preload": False,
    "resultTypes": ["violations"],
}
# A phone shows what a desk shows, in the same colors, and has more to scroll: all pages
# are asked for colors on a desk and for all else on a phone, and these for both on both.
ONE_OF_EACH_KIND = {"book/intro", "notebooks/03_query_key_value", "book/api/masks", "search"}
# Leaves one text of each kind: of one color and size, on the same grounds, around it the same; and
# in a widget or laid over others, at the same place of the same parts. Grounds that lie over others
# stay, too, and fields.
EACH_KIND_OF_TEXT_ONCE = """() => {
  for (const hidden of document.querySelectorAll("mjx-assistive-mml")) hidden.remove();
  const all = [...document.body.querySelectorAll("*")].reverse();
  const grounds = new Map([[document.documentElement, ""]]);
  const ground = (one) => {
    if (!grounds.has(one)) {
      const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(one);
      const over = position.replace(/static|relative/, "");
      const own = [backgroundColor, backgroundImage, opacity, over].join();
      const plain = own === "rgba(0, 0, 0, 0),none,1,";
      grounds.set(one, ground(one.parentElement) + (plain ? "" : `|${own}`));
    }
    return grounds.get(one);
  };
  const says = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const place = (one) => one && [one.getAttribute("class"), place(one.parentElement)].join(" in ");
  const kind = (one) => {
    const over = /absolute|fixed|sticky/.test(ground(one));
    const above = one.parentElement;
    if (one.matches("input, select, option, textarea, br")) return null;
    if (!says(one)) return over && ground(one) !== ground(above) ? null : "silent";
    const { color, fontSize, fontWeight, textDecorationLine } = getComputedStyle(one);
    const seen = one.checkVisibility({ visibilityProperty: true });
    const look = [seen, one.localName === "a", color, fontSize, fontWeight, textDecorationLine];
    const around = [says(above), getComputedStyle(above).color, ground(one)];
    return [...look, ...around, (over || one.closest(".attn-widget")) && place(one)].join();
  };
  const seen = new Set(["silent"]);
  for (const [one, its] of all.map((one) => [one, kind(one)])) {
    if (its === null || one.childElementCount) continue;
    if (seen.has(its)) one.remove();
    seen.add(its);
  }
}"""
# Takes away what no rule but those of color has a say in: the insides of pictures and formulas, of
# which a reader is told the name, and spans that only color a word. What is scrolled stays as wide.
# `back` puts all in its place again.
LOOKS_TAKEN_AWAY = """() => {
  const undo = [];
  globalThis.back = () => undo.reverse().forEach((again) => again());
  for (const one of document.querySelectorAll("svg[role=img], mjx-math, math")) {
    if (one.querySelector("a, button, title, [tabindex], [id]")) continue;
    const [inside, style] = [[...one.childNodes], one.getAttribute("style")];
    const { width, height } = one.getBoundingClientRect();
    one.style.cssText += `; display: inline-block; width: ${width}px; height: ${height}px`;
    one.replaceChildren();
    undo.push(() => {
      if (style === null) one.removeAttribute("style");
      else one.setAttribute("style", style);
      one.append(...inside);
    });
  }
  const plain = (one) => one.getAttributeNames().every((name) => /^(class|style)$/.test(name));
  for (const one of [...document.querySelectorAll("article span")].reverse()) {
    if (one.childElementCount || !plain(one) || one.closest(".attn-widget")) continue;
    const text = new Text(one.textContent);
    one.replaceWith(text);
    undo.push(() => text.replaceWith(one));
  }
}"""
# How many screens down each live picture stands, and the chapter's end.
TOPS = """() => {
  const at = (one) => (one.getBoundingClientRect().top + window.scrollY) / window.innerHeight;
  const ends = [...document.querySelectorAll("h2")].filter(
    (one) => one.textContent.startsWith("Mistakes worth making once"));
  return [
    [...document.querySelectorAll(".attn-widget")].map(at),
    at(ends[0] ?? document.querySelector("footer")),
  ];
}"""
ALL_LIVE = "!document.querySelector('.attn-widget:not([data-live], [data-failed])')"
# How tall each live picture is, and how much room was kept for it, if any.
PLACES = """(kept) => [...document.querySelectorAll(".attn-widget")].map((one) =>
  [one.getBoundingClientRect().height, parseFloat(one.style.getPropertyValue(kept)) || 0])"""
KEPT = {"light": "--attn-desk", "light tablet": "--attn-tablet", "light phone": "--attn-phone"}
# What each solution shows: "" while it is folded.
SOLUTIONS = """() => [...document.querySelectorAll(".admonition.solution > section")]
    .map((one) => one.checkVisibility({ visibilityProperty: true }) ? one.innerText : "")"""
A_MOMENT = 100  # milliseconds
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
    asked: int = 0  # requests, and which of them are not yet answered
    awaited: set[Request] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    overflow: int = 0  # pixels, of the view and of a window of 320
    overflow_at_320: int = 0
    solutions: list[str] = field(default_factory=list)  # what each of them shows, unasked
    arrival: dict[str, Any] = field(default_factory=dict)  # what WATCH saw
    places: list[tuple[float, float]] = field(default_factory=list)  # of the live pictures, pixels
    tops: list[float] = field(default_factory=list)  # of the live pictures, in screens
    end: float = 0
    violations: list[str] = field(default_factory=list)


def home(address: str) -> str:
    """What every request of a page may start with: its own server, or any file."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/"


def listen(page: Page, allowed: str) -> Visit:
    """Note every error in the console and every request that leaves `allowed` on a fresh page."""
    seen = Visit()

    def check_request(request: Request) -> None:
        seen.loaded.add(urlsplit(request.url).path)
        if not request.url.startswith((allowed, *LOCAL)):
            seen.outside.append(request.url)
        if not request.url.startswith(LOCAL):
            seen.asked += 1
            seen.awaited.add(request)

    def check_message(said: ConsoleMessage) -> None:
        if said.type == "error":
            seen.console.append(f"{said.text} ({said.location['url']})")

    page.on("console", check_message)
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.on("request", check_request)
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: seen.awaited.discard(request))
    return seen


def settle(page: Page, seen: Visit) -> None:
    """Wait until the page asks its server for nothing more, and has shown what came."""
    asked, end = -1, monotonic() + PATIENCE / 1000
    while seen.asked > asked or seen.awaited:
        assert monotonic() < end, f"still awaited: {[one.url for one in seen.awaited]}"
        asked = seen.asked
        page.wait_for_load_state("load")  # of another page, too, to which this one led
        page.wait_for_timeout(A_MOMENT)
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
        page.add_init_script(WATCH)
        page.goto(f"{site}/{name}.html")
        settle(page, seen)
        until(page, ALL_LIVE)
        seen.arrival = page.evaluate("seen")
        if view in KEPT:
            seen.places = page.evaluate(PLACES, KEPT[view])
        seen.tops, seen.end = page.evaluate(TOPS)
        seen.overflow = page.evaluate(OVERFLOW)
        seen.solutions = page.evaluate(SOLUTIONS)
        if view == "light phone":
            page.set_viewport_size(SMALLEST)
            seen.overflow_at_320 = page.evaluate(OVERFLOW)
            page.set_viewport_size(PHONE)
        page.emulate_media(reduced_motion="reduce")  # what fades in has no color of its own yet
        if asked_for_all_else(name, view):
            seen.violations += other_faults(page)
        if asked_for_colors(name, view):
            seen.violations += color_faults(page)
    finally:
        context.close()
    return seen


def asked_for_colors(name: str, view: str) -> bool:
    return view in ("light", "dark") or name in ONE_OF_EACH_KIND


def asked_for_all_else(name: str, view: str) -> bool:
    """A dark page is the light one in other colors."""
    return view == "light phone" or (view == "light" and name in ONE_OF_EACH_KIND)


def other_faults(page: Page) -> list[str]:
    """What axe says of all but the page's colors. The page is afterwards as it was."""
    page.evaluate(LOOKS_TAKEN_AWAY)
    found = faults(page, RULES)
    page.evaluate("back()")
    return found


def color_faults(page: Page) -> list[str]:
    """What axe says of the page's colors. The page is thinned out by it."""
    page.evaluate(EACH_KIND_OF_TEXT_ONCE)
    return faults(page, COLOR_RULES)


def faults(page: Page, rules: dict[str, Any]) -> list[str]:
    """What axe finds on the page that is serious or critical, with all of it laid out."""
    whole = page.add_style_tag(content="* { content-visibility: visible !important }")
    found = grave(Axe().run(page, options=rules).response)
    whole.evaluate("one => one.remove()")
    return [describe(one) for one in found]


def grave(response: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for found in response["violations"] if found["impact"] in ("serious", "critical")]


def describe(found: dict[str, Any]) -> str:
    places = [" ".join(map(str, node["target"])) for node in found["nodes"][:4]]
    return f"{found['id']} ({len(found['nodes'])}×): {'; '.join(places)}"
