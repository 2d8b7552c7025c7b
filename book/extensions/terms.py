"""What a term means, on the page where it is used: its definition travels with the page.

A link to the glossary is left as it is; terms.js shows the definition while the pointer rests on
the link or the keyboard's focus is there. The definitions of a page's terms stand hidden at its
end, so that no request is made and their formulas are set with the page's.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

GLOSSARY = "book/glossary"
FORMULA = re.compile(r"\\\(.*?\\\)")
TERM = re.compile(r'href="[^"]*#(term-[^"]+)"')


def definitions(app: Sphinx) -> dict[str, str]:
    """Every definition as HTML, by the id of its term."""
    known: dict[str, str] = {}
    for item in app.env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        words = html_of(next(item.findall(nodes.definition)))
        for term in item.findall(nodes.term):
            known |= dict.fromkeys(term["ids"], words)
    return known


def html_of(definition: nodes.Node) -> str:
    """Its words and formulas, without links and without references to papers."""
    definition = definition.deepcopy()
    for paper in list(definition.findall(addnodes.pending_xref)):
        if paper.get("refdomain") == "cite":
            paper.parent.remove(paper)
    for formula in list(definition.findall(nodes.math)):
        formula.parent.replace(formula, nodes.Text(rf"\({formula.astext()}\)"))
    words = re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s+", " ", definition.astext())).strip()
    return FORMULA.sub(r'<span class="math">\g<0></span>', escape(words, quote=False))


def attach(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    body = context.get("body", "")
    used = set(TERM.findall(body))
    if not used or GLOSSARY not in app.env.found_docs:
        return
    if not hasattr(app, "_definitions"):
        app._definitions = definitions(app)
    known = app._definitions
    said = [f'<p data-term="{term}">{known[term]}</p>' for term in sorted(used & known.keys())]
    context["body"] = f'{body}<div id="terms" hidden>{"".join(said)}</div>'


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", attach)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
