"""Repairs, in the finished HTML, what the theme and docutils leave hard for assistive software."""

from typing import Any

from sphinx.application import Sphinx

# docutils calls the bibliography a list, but its entries are no list items.
REPAIRS = {
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
}


def repair(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    body = context.get("body", "")
    for broken, mended in REPAIRS.items():
        body = body.replace(broken, mended)
    context["body"] = body


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", repair)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
