"""The `progress` directive: the chapters, part by part, and how much of each a reader has done.

    ```{progress}
    ```

How many predictions and quizzes a chapter has is counted here; how many were answered is kept in
the browser only, and `progress.js` writes it beside the counts. A page in another language lists
the chapters of its own.
"""

import re
from html import escape
from pathlib import Path

import nbformat
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from translated_pages import folder

from course.widgets.words import languages

KINDS = {"prediction": ":class: predict\n", "quiz": ":class: quiz\n"}
PLURAL = {"prediction": "predictions", "quiz": "quizzes"}
FORGET = '<button type="button" id="forget-progress" hidden>Forget my progress</button>'


class Progress(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        toc = Path(self.env.srcdir) / "_toc.yml"
        self.env.note_dependency(str(toc))
        ours = chapters_beside(self.env.docname)
        lines = []
        for part in yaml.safe_load(toc.read_text(encoding="utf-8"))["parts"]:
            pages = [one["file"] for one in part["chapters"]]
            chapters = [page for page in pages if ours.match(page)]
            if chapters:
                lines += [f"**{part['caption']}**", "", *map(self.line, chapters), ""]
        holder = nodes.container(classes=["chapters-done"])
        self.state.nested_parse(StringList(lines, "progress"), 0, holder)
        forget = (
            '<p><button type="button" id="forget-progress" hidden>Forget my progress</button></p>'
        )
        return [holder, nodes.raw("", forget, format="html")]

    def line(self, page: str) -> str:
        path = Path(self.env.doc2path(page))
        self.env.note_dependency(str(path))
        counts = counted(path)
        data = " ".join(f'data-{kind}="{count}"' for kind, count in counts.items())
        says = in_words(counts)
        return (
            f"- {path.stem[:2]} · {{doc}}`/{page}` "
            f'<span class="done" data-page="{escape(page)}" {data}>{says}</span>'
        )


def chapters_beside(page: str) -> re.Pattern[str]:
    """The names of the chapters that are in the language of the page."""
    homes = [folder(language) for language in languages() if page.startswith(folder(language))]
    return re.compile(rf"{(homes or ['notebooks'])[0]}/\d\d_")


def counted(chapter: Path) -> dict[str, int]:
    """How many predictions and quizzes the chapter has."""
    source = "\n".join(cell.source for cell in nbformat.read(chapter, as_version=4).cells)
    return {kind: source.count(mark) for kind, mark in KINDS.items()}


def in_words(counts: dict[str, int]) -> str:
    each = [f"{n} {kind if n == 1 else PLURAL[kind]}" for kind, n in counts.items() if n]
    return ", ".join(each)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("progress", Progress)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
