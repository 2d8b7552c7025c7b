"""The book's prose in other languages, and what it was translated from.

    book/languages/fr/03_query_key_value.md    each text cell of notebooks/03_query_key_value.ipynb
    book/languages/fr/tour.md                  the same of book/tour.ipynb
    book/languages/fr/intro.md                 each part of book/intro.md, from heading to heading
    book/languages/fr/glossary.md              each entry of book/glossary.md, by its anchor
    book/languages/fr/words.json               all other words: see `course/widgets/words.py`

A block is headed by the cell it renders and by the digest of what stood there in English: a cell
that has changed since then makes its translation stale, and a test names it.

    <!-- c01-000 240bff81 -->
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course.widgets.words import LANGUAGES

ROOT = Path(__file__).parents[2]
HEAD = re.compile(r"^<!-- (\S+) ([0-9a-f]{8}) -->\n", re.MULTILINE)
HEADING = re.compile(r"^(?=#+ )", re.MULTILINE)
GLOSSARY = re.compile(r"^```\{glossary\}\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A text in another language, and the digest of the English one that it renders."""

    digest: str
    text: str


def translated(language: str) -> dict[Path, Path]:
    """Each English page that is translated, by its translation."""
    return {path: original(path) for path in sorted((LANGUAGES / language).glob("*.md"))}


def original(prose: Path) -> Path:
    """The page that the prose renders: a chapter, or a page of book/.

    Raises ValueError where there is none of that name.
    """
    notebook, page = f"{prose.stem}.ipynb", ROOT / "book" / prose.name
    for path in (ROOT / "notebooks" / notebook, ROOT / "book" / notebook, page):
        if path.exists():
            return path
    raise ValueError(f"{prose.name}: neither notebooks/ nor book/ has a page of that name")


def digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:8]


def sources(page: Path) -> dict[str, str]:
    """The English texts of a page: by cell, or as intro-1, intro-2, … from heading to heading.

    Entries of a glossary come after them, each by its first anchor.
    """
    if page.suffix == ".ipynb":
        cells = nbformat.read(page, as_version=4).cells
        return {cell.id: cell.source for cell in cells if cell.cell_type == "markdown"}
    text = page.read_text(encoding="utf-8")
    parts = [part for part in HEADING.split(GLOSSARY.sub("", text)) if part]
    entries = [entry for found in GLOSSARY.findall(text) for entry in found.strip().split("\n\n")]
    return {f"{page.stem}-{number}": part for number, part in enumerate(parts, start=1)} | {
        anchors(entry)[0]: entry for entry in entries
    }


def anchors(entry: str) -> list[str]:
    """Where Sphinx lets links to an entry of the glossary lead: a place for each of its names."""
    names = [line for line in entry.splitlines() if not line.startswith(" ")]
    return [f"term-{re.sub(r'[^a-zA-Z0-9._]+', '-', name).strip('-._')}" for name in names]


def blocks(prose: Path) -> dict[str, Block]:
    """What a file of prose holds, by cell. Raises ValueError for text that no cell claims."""
    before, *parts = HEAD.split(prose.read_text(encoding="utf-8"))
    if before.strip():
        raise ValueError(f"{prose.name}: text above the first <!-- CELL DIGEST -->: {before[:60]}")
    heads = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return {name: Block(made_from, text.strip("\n")) for name, made_from, text in heads}
