"""The `units` directive: what each chapter teaches, its minutes and its checked exercises.

    ```{units}
    ```

All of it is read from the chapters, so that a plan for teaching can't promise what they don't hold.
The same goes into `llms.txt`, the list of pages for programs that read instead of people.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from execution_times import reading_minutes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
OBJECTIVES = re.compile(r":class: objectives\n+(?:.*?\n\n)*?You will be able to (.+?)\n", re.DOTALL)
ROLE = re.compile(r"\{[\w:]+\}`([^`<]+?)(?: <[^`]+>)?`")
CHECK = re.compile(r"^chapter_\d\d\.\w+\.check\(", re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    page: str
    title: str
    objectives: str
    minutes: int
    exercises: int


def unit(chapter: Path) -> Unit:
    cells = nbformat.read(chapter, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    title, objectives = TITLE.search(text), OBJECTIVES.search(text)
    if title is None or objectives is None:
        raise ValueError(f"{chapter.name} does not say what “You will be able to” do")
    return Unit(
        f"notebooks/{chapter.stem}",
        title[1],
        objectives[1].strip(),
        reading_minutes(chapter),
        len(CHECK.findall(code)),
    )


def in_words(text: str) -> str:
    """Markdown that any program reads: a role's words instead of the role."""
    return ROLE.sub(r"\1", text)


class Units(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        pages = sorted(page for page in self.env.found_docs if page.startswith("notebooks/"))
        chapters = [Path(self.env.doc2path(page)) for page in pages]
        lines = []
        for path in chapters:
            self.env.note_dependency(str(path))
            one = unit(path)
            counts = f"{one.minutes} minutes to read, {one.exercises} exercises with a check"
            lines += [
                f"{path.stem[:2]} · {{doc}}`/{one.page}` ({counts})",
                f": {one.objectives}",
                "",
            ]
        holder = nodes.Element()
        self.state.nested_parse(StringList(lines, "units"), 0, holder)
        return holder.children


def list_pages(app: Sphinx, error: Exception | None) -> None:
    """Write llms.txt (https://llmstxt.org): the chapters, as pages and as they were written."""
    if error is not None or app.builder.format != "html":
        return
    pages = sorted(page for page in app.env.found_docs if page.startswith("notebooks/"))
    lines = [
        f"# {app.config.html_title}",
        "",
        "> A course on attention in neural networks, from weighted sums to the models of today:",
        "> notebooks whose every stored output is tested, and the PyTorch package attnlib.",
        "",
        "## Chapters",
        "",
    ]
    for page in pages:
        one = unit(Path(app.env.doc2path(page)))
        source = f"_sources/{page}.ipynb"
        lines.append(
            f"- [{one.title}]({page}.html): {in_words(one.objectives)} ([notebook]({source}))"
        )
    extra = ["", "## Reference", ""]
    extra += [f"- [{app.env.titles[p].astext()}]({p}.html)" for p in sorted(app.env.found_docs)
              if p.startswith("book/api") or p in {"book/glossary", "book/notation"}]  # fmt: skip
    text = "\n".join([*lines, *extra, ""])
    (Path(app.outdir) / "llms.txt").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("units", Units)
    app.connect("build-finished", list_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
