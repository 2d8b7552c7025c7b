"""Makes the pages of another language: English code and outputs, translated prose, own words.

book/fr/03_query_key_value.ipynb comes of notebooks/03_query_key_value.ipynb and of
book/languages/fr/03_query_key_value.md. Labels get the prefix `fr-`, since a label names one place
in the whole book; links lead to the page of the same language where there is one.
"""

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from panels import reword
from prose import ROOT, anchors, blocks, sources, translated

from course.widgets.words import Words

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)([^)\s]*)\)")
LIVE = re.compile(r"(?<=\{live-cell\} )book/(?=\w+\.ipynb)")
LABEL = re.compile(r"^(?:\(([\w-]+)\)=|:(?:label|name): ([\w-]+))$", re.MULTILINE)


def folder(language: str) -> str:
    """Where the pages of a language stand; made with each build, and known to no git."""
    return f"book/{language}"


def write_pages(language: str) -> None:
    """Writes every page of the language, where it is not as it should be already."""
    words = Words(language, "panels", "pictures")
    target = ROOT / folder(language)
    target.mkdir(exist_ok=True)
    for prose, english in translated(language).items():
        write(target / english.name, page(prose, english, language, words))
    for panel in live_cells(language):
        write(target / panel.name, nbformat.writes(reworded(panel, words)) + "\n")


def write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def page(prose: Path, english: Path, language: str, words: Words) -> str:
    """A page as the book reads it: a notebook, or Markdown."""
    texts = {name: block.text for name, block in blocks(prose).items()}
    labels = {one or other for text in texts.values() for one, other in LABEL.findall(text)}
    moved = {name: own(text, english, language, labels) for name, text in texts.items()}
    if english.suffix == ".md":
        entries = {
            name: f"{' '.join(anchors(text))}\n{moved.pop(name)}"
            for name, text in sources(english).items()
            if name.startswith("term-")
        }
        return "\n\n".join([*moved.values(), *glossary(entries)]) + "\n"
    notebook = reworded(english, words)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = moved[cell.id]
        elif shown := picture(cell):
            shown["alt"] = words.or_same(shown["alt"])
    if "widgets" in notebook.metadata:
        notebook.cells.insert(first_code(notebook), in_its_language(language))
    if any(shows_code(cell) for cell in notebook.cells):
        first = notebook.cells[0]
        note = Words(language, "about").known["note"]
        first.source = re.sub(r"\A(# .*\n)", lambda title: f"{title[1]}\n{note}\n", first.source)
    return nbformat.writes(notebook) + "\n"


def glossary(entries: dict[str, str]) -> list[str]:
    """The entries, in the order of their names in this language, as a directive of `terms.py`."""

    def letters(entry: str) -> str:
        name = entry.splitlines()[1].partition(" (")[0].casefold()
        return re.sub(r"[^\w ]", "", unicodedata.normalize("NFKD", name))  # é as e

    body = "\n\n".join(sorted(entries.values(), key=letters))
    return [f"```{{translated-glossary}}\n{body}\n```"] if entries else []


def picture(cell: NotebookNode) -> dict[str, str]:
    """What a cell says of its picture, or nothing."""
    shown = cell.metadata.get("mystnb", {}).get("image", {})
    return shown if "alt" in shown else {}


def shows_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and "remove-input" not in cell.metadata.get("tags", [])


def first_code(notebook: NotebookNode) -> int:
    """The place of the first cell of code."""
    return next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def in_its_language(language: str) -> NotebookNode:
    """A cell for those who take the notebook home; the page, which has no kernel, leaves it out."""
    source = f'from course import widgets\n\nwidgets.speak("{language}")'
    metadata = {"tags": ["remove-cell"]}
    return nbformat.v4.new_code_cell(source, id=f"{language}-speak", metadata=metadata)


def reworded(english: Path, words: Words) -> NotebookNode:
    notebook = nbformat.read(english, as_version=4)
    reword(notebook, words.in_picture)
    return notebook


def live_cells(language: str) -> list[Path]:
    """The notebooks whose pictures stand on other pages."""
    found = [re.findall(r"\{live-cell\} (\S+)", p.read_text("utf-8")) for p in translated(language)]
    return sorted({ROOT / name for names in found for name in names})


def own(text: str, english: Path, language: str, labels: set[str]) -> str:
    """A text with links and labels of its own language."""
    pages = {path.relative_to(ROOT).as_posix() for path in translated(language).values()}
    here = english.parent.relative_to(ROOT).as_posix()

    def link(found: re.Match[str]) -> str:
        wanted = os.path.normpath(PurePosixPath(here, found[1]))
        if {wanted, f"{wanted}.md"} & pages:
            return f"]({PurePosixPath(wanted).name}{found[2]})"
        return f"]({os.path.relpath(wanted, folder(language))}{found[2]})"

    text = LIVE.sub(f"{folder(language)}/", LINK.sub(link, text))
    for label in sorted(labels):
        text = re.sub(rf"(?<![\w-]){re.escape(label)}(?![\w-])", f"{language}-{label}", text)
    return text
