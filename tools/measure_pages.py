"""Measures every page of the built book as a first visit meets it, and prints a table.

.venv/bin/python tools/measure_pages.py             # every page of _build/html
.venv/bin/python tools/measure_pages.py PAGE …      # these only, such as book/intro

Weights are kilobytes as a server sends them (gzip); times are milliseconds on this machine.
"""

import gzip
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from statistics import median
from urllib.parse import unquote, urlsplit

import yaml
from browser import FLAGS, find_chromium
from environment import ROOT
from playwright.sync_api import Browser, sync_playwright
from serve import Quiet

HTML = Path(os.environ.get("HTML", ROOT / "_build" / "html"))
DESK = {"width": 1440, "height": 900}
WIDTHS = {390: 844, 820: 1180, 1440: 900}
PACKED = {".woff", ".woff2", ".png", ".jpg"}  # already compressed: gzip finds nothing more
KINDS = {".html": "page", ".css": "style", ".js": "script", ".woff": "font", ".woff2": "font"}
MODELS = "_static/attention/"  # beside page.js lie the weights
TIMES = 3

# Runs before the page's own scripts: what moved, what took long, and when the first widget stood.
WATCH = """(() => {
  const seen = globalThis.seen = { shift: 0, moved: [], longest: 0, live: 0, paint: 0 };
  const watch = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each))
    .observe({ type, buffered: true });
  const name = ({ node }) => !node ? "?" : node.id ? `#${node.id}`
    : node.className || node.parentElement?.className || node.nodeName;
  watch("layout-shift", (one) => {
    if (one.hadRecentInput) return;
    seen.shift += one.value;
    seen.moved.push(`${one.value.toFixed(3)} ${one.sources.slice(0, 3).map(name).join(", ")}`);
  });
  watch("longtask", (one) => { seen.longest = Math.max(seen.longest, one.duration); });
  watch("paint", (one) => {
    if (one.name === "first-contentful-paint") seen.paint = one.startTime;
  });
  new MutationObserver((all) => {
    for (const { target } of all) if (target.dataset.live) seen.live ||= performance.now();
  }).observe(document, { subtree: true, attributeFilter: ["data-live"] });
})()"""
QUIET = "() => new Promise(done => setTimeout(() => requestIdleCallback(done), 700))"


@dataclass
class Measured:
    """One visit: times in milliseconds, the shift as the browser scores it."""

    files: set[str]
    shift: float
    moved: list[str]
    longest: float
    live: float
    paint: float


def pages() -> list[str]:
    """Every page of the table of contents, in order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    below = [section["file"] for chapter in chapters for section in chapter.get("sections", [])]
    return [toc["root"], *(chapter["file"] for chapter in chapters), *below, "search", "genindex"]


def weight(path: Path) -> float:
    """Kilobytes that a server sends for the file."""
    content = path.read_bytes()
    return len(content if path.suffix in PACKED else gzip.compress(content, mtime=0)) / 1000


def kind(path: str) -> str:
    """What a file is to a reader: page, style, script, font, model or picture."""
    if path.startswith(MODELS) and Path(path).stem in models():
        return "model"
    return KINDS.get(Path(path).suffix, "picture")


def models() -> set[str]:
    from course.widgets._assets import ASSETS

    return set(ASSETS)


def measured(browser: Browser, site: str, name: str, size: dict[str, int]) -> Measured:
    """A first visit of the page, until nothing moves any more."""
    context = browser.new_context(viewport=size)
    page = context.new_page()
    page.add_init_script(WATCH)
    files: set[str] = set()
    page.on("request", lambda asked: files.add(unquote(urlsplit(asked.url).path).lstrip("/")))
    page.goto(f"{site}/{name}.html")
    page.wait_for_load_state("load")
    page.evaluate(QUIET)
    seen = page.evaluate("seen")
    context.close()
    return Measured(files=files, **seen)


def row(browser: Browser, site: str, name: str) -> str:
    visits = [measured(browser, site, name, DESK) for _ in range(TIMES)]
    sizes = Counter[str]()
    for path in visits[0].files:
        if (HTML / path).is_file():
            sizes[kind(path)] += weight(HTML / path)
    model = sizes.pop("model", 0)
    shifts = [
        measured(browser, site, name, {"width": width, "height": height}).shift
        for width, height in WIDTHS.items()
    ]
    kinds = " ".join(f"{sizes[one]:7.0f}" for one in ("page", "style", "script", "font", "picture"))
    paint, live, longest = (
        median(getattr(visit, what) for visit in visits) for what in ("paint", "live", "longest")
    )
    moved = " ".join(f"{shift:6.3f}" for shift in shifts)
    return (
        f"{name:38}{sum(sizes.values()):6.0f} {kinds} {model:7.0f}"
        f" {paint:7.0f} {live:7.0f} {longest:7.0f}  {moved}"
    )


HEADING = (
    f"{'':38}{'all':>6} {'page':>7} {'style':>7} {'script':>7} {'font':>7} {'picture':>7}"
    f" {'model':>7} {'paint':>7} {'live':>7} {'longest':>7}  {'390':>6} {'820':>6} {'1440':>6}"
)


@contextmanager
def built_book() -> Iterator[tuple[Browser, str]]:
    """A browser, and the address at which the built book is served to it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as play:
        path = find_chromium(Path(sys.executable))
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser, f"http://127.0.0.1:{server.server_address[1]}"
        browser.close()
    server.shutdown()


def main(arguments: list[str]) -> None:
    print("kB gzip on a first visit; ms at 1440 px, of 3; layout shift at each width")
    print(HEADING)
    with built_book() as (browser, site):
        for name in arguments or pages():
            print(row(browser, site, name), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
