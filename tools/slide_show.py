"""Slides as one HTML file that asks for nothing, and as a PDF of one sheet per slide."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Protocol

from browser import FLAGS

HERE = Path(__file__).parent
HEADING = re.compile(r"<title>(.*?) &#8212;", re.DOTALL)
FORMULAS = re.compile(r'<link rel="stylesheet" href="([^"]*_static/formulas/[^"]+\.css)"')
FONT = re.compile(r'url\("?([\w.-]+\.woff)"?\)')


class Shown(Protocol):
    title: str
    body: str
    caption: str
    notes: list[str]


def show(slides: Sequence[Shown], page: str, folder: Path) -> str:
    """The slides as a page of their own, with the style and letters of the formulas of `page`."""
    script = (HERE / "slides.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline';"
        f" script-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    heading = HEADING.search(page)
    style = formula_style(page, folder) + (HERE / "slides.css").read_text(encoding="utf-8")
    body = "\n".join(sheet(slide, number, len(slides)) for number, slide in enumerate(slides, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading[1] if heading else "Slides"}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
<nav hidden>
<button type="button" data-step="-1" aria-label="Back">←</button>
<output></output>
<button type="button" data-step="1" aria-label="On">→</button>
<button type="button" data-notes aria-pressed="false">Notes</button>
</nav>
<script>{script}</script>
</body>
</html>
"""


def sheet(slide: Shown, number: int, count: int) -> str:
    caption = f'<div class="caption">{slide.caption}</div>' if slide.caption else ""
    notes = "".join(slide.notes)
    notes = f'<aside class="notes" aria-label="Notes" tabindex="0">{notes}</aside>' if notes else ""
    label = escape(f"Slide {number} of {count}")
    return (
        f'<section class="slide" id="s{number}" aria-label="{label}"><h2>{slide.title}</h2>'
        f'{caption}<div class="shown"><div class="fitted">{slide.body}</div></div>{notes}</section>'
    )


def formula_style(page: str, folder: Path) -> str:
    """The style of the page's formulas with its fonts in it; nothing where there are none."""
    linked = FORMULAS.search(page)
    if linked is None:
        return ""
    path = folder / linked[1]

    def font(found: re.Match[str]) -> str:
        letters = base64.b64encode((path.parent / found[1]).read_bytes()).decode()
        return f"url(data:font/woff;base64,{letters})"

    return FONT.sub(font, path.read_text(encoding="utf-8"))


def printed(shows: Iterable[Path], chromium: str) -> None:
    """A PDF beside each show, one sheet per slide."""
    from playwright.sync_api import sync_playwright  # of the book's own environment

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 720})
        for path in shows:
            tab.goto(path.as_uri())
            tab.wait_for_selector("[data-fitted]", state="attached")
            tab.pdf(
                path=path.with_suffix(".pdf"),
                prefer_css_page_size=True,
                print_background=True,
                tagged=True,
            )
        browser.close()
