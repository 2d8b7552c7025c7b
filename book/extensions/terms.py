"""What a term means, on the page where it is used: its definition travels with the page.

A link to the glossary is left as it is; terms.js shows the definition while the pointer rests on
the link or the keyboard's focus is there. The definitions of a page's terms stand hidden at its
end, so that no request is made and their formulas are set with the page's.

In another language the glossary is a page of that language, whose entries stand at the places of
the English ones. Its terms are no names that Sphinx knows: {term}`weight` is one entry everywhere,
and a page leads to that of its own language, where there is one.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from translated_pages import folder

from course.widgets.words import languages

GLOSSARY = "book/glossary"
FORMULA = re.compile(r"\\\(.*?\\\)")
TERM = re.compile(r'href="[^"]*#(term-[^"]+)"[^>]*><span class="[^"]*std-term')


class TranslatedGlossary(SphinxDirective):
    """Entries as in a `glossary`, with the places of the English entry in a line above each."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        items = [self.entry(text) for text in "\n".join(self.content).split("\n\n")]
        entries = nodes.definition_list("", *items, classes=["glossary"])
        return [addnodes.glossary("", entries, sorted=False)]

    def entry(self, text: str) -> nodes.definition_list_item:
        places, *lines = text.splitlines()
        names = [line for line in lines if not line.startswith(" ")]
        terms = [nodes.term(name, *self.state.inline_text(name, self.lineno)[0]) for name in names]
        terms[0]["ids"] = places.split()
        meaning = nodes.definition()
        words = [line.strip() for line in lines[len(names) :]]
        self.state.nested_parse(StringList(words, self.env.docname), self.content_offset, meaning)
        return nodes.definition_list_item("", *terms, meaning)


def glossary_of(app: Sphinx, page: str) -> tuple[str, str]:
    """The glossary that a page's terms lead to, and its language."""
    for language in languages():
        own = f"{folder(language)}/{GLOSSARY.rpartition('/')[2]}"
        if page.startswith(f"{folder(language)}/") and own in app.env.found_docs:
            return own, language
    return GLOSSARY, "en"


def definitions(app: Sphinx, glossary: str) -> dict[str, str]:
    """Every definition as HTML, by the id of its term."""
    known: dict[str, str] = {}
    for item in app.env.get_doctree(glossary).findall(nodes.definition_list_item):
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
    glossary, language = glossary_of(app, page)
    if glossary != GLOSSARY:
        there = "" if page == glossary else context["pathto"](glossary)
        english = re.escape(context["pathto"](GLOSSARY))
        body = re.sub(rf'href="{english}(?=#term-)', f'href="{there}', body)
    every = app.__dict__.setdefault("_definitions", {})
    if glossary not in every:
        every[glossary] = definitions(app, glossary)
    known = every[glossary]
    said = [f'<p data-term="{term}">{known[term]}</p>' for term in sorted(used & known.keys())]
    terms = f'<div id="terms" lang="{language}" hidden>{"".join(said)}</div>'
    context["body"] = f"{body}{terms}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("translated-glossary", TranslatedGlossary)
    app.connect("html-page-context", attach)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
