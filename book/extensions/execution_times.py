"""The `execution-times` directive: for each chapter, minutes to read it and seconds to run it.

    ```{execution-times}
    ```

The minutes come from the chapter's own objectives box; the seconds from `book/minutes.json`, where
`make regenerate` notes how long each notebook ran.
"""

import json
import re
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

READING = re.compile(r"\*\*Reading\*\* (\d+) minutes")


class ExecutionTimes(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        pages = sorted(page for page in self.env.found_docs if page.startswith("notebooks/"))
        chapters = [Path(self.env.doc2path(page)) for page in pages]
        stored = Path(self.env.srcdir) / "book" / "minutes.json"
        for path in [stored, *chapters]:
            self.env.note_dependency(str(path))
        try:
            lines = table(chapters, json.loads(stored.read_text(encoding="utf-8")))
        except ValueError as problem:
            raise self.error(f"execution-times: {problem}") from problem
        holder = nodes.Element()
        self.state.nested_parse(StringList(lines, "execution-times"), 0, holder)
        return holder.children


def table(chapters: list[Path], times: dict[str, dict[str, int]]) -> list[str]:
    """A Markdown table with one row a chapter, and their sum."""
    lines = ["| chapter | reading, minutes | running, seconds |", "|---|--:|--:|"]
    reading, running = 0, 0
    for path in chapters:
        if path.stem not in times:
            command = f"make regenerate NOTEBOOKS=notebooks/{path.name}"
            raise ValueError(f"book/minutes.json does not have {path.stem}: {command}")
        minutes, seconds = reading_minutes(path), times[path.stem]["running_seconds"]
        link = f"{{doc}}`/notebooks/{path.stem}`"
        lines.append(f"| {path.stem[:2]} · {link} | {minutes} | {seconds} |")
        reading, running = reading + minutes, running + seconds
    return [*lines, f"| all chapters | {reading} | {running} |"]


def reading_minutes(chapter: Path) -> int:
    cells = nbformat.read(chapter, as_version=4).cells
    found = READING.search("\n".join(cell.source for cell in cells))
    if found is None:
        raise ValueError(f"{chapter.name} does not say **Reading** N minutes")
    return int(found[1])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("execution-times", ExecutionTimes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
