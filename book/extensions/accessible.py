"""Repairs, in the finished HTML, what the theme and docutils leave hard for assistive software."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

# docutils calls the bibliography a list, but its entries are no list items.
REPAIRS = {
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
    # An id stands once on a page; the exercise or solution around it has one of its own.
    '<section id="exercise-content">': "<section>",
    '<section id="solution-content">': "<section>",
    # A folded cell says itself what it holds; MyST-NB's label would speak over that.
    '<summary aria-label="Toggle hidden content">': "<summary>",
}
# A signature on several lines is written as a list of definitions that define nothing.
PARAMETERS = re.compile(r'<dl>\n((?:<dd><em class="sig-param">.*?</dd>\n)+)</dl>', re.DOTALL)
# The sidebar's arrows are buttons without a name.
ARROW = '<summary><span class="toctree-toggle"'
NAMED_ARROW = '<summary aria-label="Pages below"><span class="toctree-toggle"'


def repair(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    body = context.get("body", "")
    for broken, mended in REPAIRS.items():
        body = body.replace(broken, mended)
    context["body"] = PARAMETERS.sub(as_lines, body)


def as_lines(parameters: re.Match[str]) -> str:
    lines = parameters[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
    return f'<span class="sig-lines">{lines}</span>'


def name_arrows(app: Sphinx, error: Exception | None) -> None:
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if ARROW in text:
            path.write_text(text.replace(ARROW, NAMED_ARROW), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", repair)
    app.connect("build-finished", name_arrows)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
