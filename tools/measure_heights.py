"""Notes how tall each live picture of the built book is, in book/heights.json.

    make html
    .venv/bin/python tools/measure_heights.py

A page keeps that much free for a picture that is still to come. Where the two differ by more than
a tenth, tests/browser/test_first_visit.py says so.
"""

import json

from environment import ROOT
from measure_pages import HTML, WIDTHS, built_book
from playwright.sync_api import Browser

STORED = ROOT / "book" / "heights.json"
ALL_LIVE = """async () => {
  const coming = ".attn-widget:not([data-live]), .attn[hidden]";
  const end = Date.now() + 60_000;
  while (document.querySelector(coming)) {
    if (Date.now() > end) throw new Error("a picture did not come within a minute");
    await new Promise((done) => setTimeout(done, 30));
  }
}"""
TALL = """() => [...document.querySelectorAll(".attn-widget")]
  .map((one) => Math.round(one.getBoundingClientRect().height))"""


def heights(browser: Browser, address: str) -> list[list[int]]:
    """For each live picture of the page its height at each width."""
    seen = []
    for width, height in WIDTHS.items():
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(address)
        page.evaluate(ALL_LIVE)
        seen.append(page.evaluate(TALL))
        page.close()
    return [list(one) for one in zip(*seen, strict=True)]


def with_pictures() -> list[str]:
    """The pages that have live pictures."""
    paths = sorted(HTML.rglob("*.html"))
    found = [path for path in paths if '<div class="attn-widget"' in path.read_text("utf-8")]
    return [path.relative_to(HTML).with_suffix("").as_posix() for path in found]


def main() -> None:
    with built_book() as (browser, site):
        found = {name: heights(browser, f"{site}/{name}.html") for name in with_pictures()}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(tall)}" for name, tall in found.items())
    STORED.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
