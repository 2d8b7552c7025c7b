"""The built book as one file: a zip that opens without a network, or a PDF.

The PDF is printed by Chromium, page by page as its contents list them: an outline with every
page's own headings, links that lead to sheets, tags, and numbers that run through the whole.

    python tools/take_home.py BOOK TARGET.pdf CHROMIUM [FIRST PAGE]
"""

import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from browser import FLAGS
from pdf_contents import FONT, PARTS, Entry, contents

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # no time of its own: equal books give equal files
A4 = {"format": "A4", "print_background": True}
MARGIN = {"top": "16mm", "bottom": "18mm", "left": "14mm", "right": "14mm"}
NUMBER = (
    '<div style="width:100%; font:9px sans-serif; text-align:center; color:#555">'
    '<span class="pageNumber"></span></div>'
)
NEXT = re.compile(r'<a class="right-next"\s+href="([^"]+)"')


def zipped(book: Path, target: Path) -> Path:
    """The folder of the book as a zip, in one folder of that name."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(book.rglob("*")):
            if path.is_file():
                name = Path(target.stem) / path.relative_to(book)
                entry = zipfile.ZipInfo(name.as_posix(), LONG_AGO)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return target


def in_order(book: Path, first: str) -> Iterator[Path]:
    """The pages as a reader turns them, from the first on."""
    page: Path | None = (book / first).resolve()
    while page:
        yield page
        following = NEXT.search(page.read_text(encoding="utf-8"))
        page = (page.parent / unquote(following[1])).resolve() if following else None


def printed(book: Path, target: Path, chromium: str, first: str = "book/intro.html") -> Path:
    """The book as one PDF with contents, an outline and running numbers."""
    from pdf_links import Links
    from pdf_tags import lay_tags
    from playwright.sync_api import sync_playwright  # of the book's own environment
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    links = Links(writer)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(color_scheme="light")
        parts: list[PdfReader] = []
        entries: list[Entry] = []
        sheets = 1
        for page in in_order(book, first):
            part = Path(folder) / f"{len(parts):03}.pdf"
            print_page(tab, page.as_uri(), part)
            title, _, name = tab.title().partition(" — ")
            entries.append(Entry(title, page.as_uri(), sheets))
            parts.append(PdfReader(part))
            sheets += len(parts[-1].pages)
        named, font = tab.evaluate(PARTS), tab.evaluate(FONT)
        front = Path(folder) / "contents.html"
        before = 0  # how many sheets the contents take
        while True:
            moved = [entry._replace(sheet=entry.sheet + before) for entry in entries]
            front.write_text(contents(moved, named, font), encoding="utf-8")
            print_page(tab, front.as_uri(), front.with_suffix(".pdf"))
            listed = PdfReader(front.with_suffix(".pdf"))
            if len(listed.pages) == before:
                break
            before = len(listed.pages)
        links.append(front.as_uri(), listed, "Contents")
        for entry, part in zip(entries, parts, strict=True):
            links.append(entry.address, part, entry.title)
        numbers = Path(folder) / "numbers.pdf"
        print_numbers(tab, len(writer.pages), numbers)
        browser.close()
        links.lay()
        lay_tags(writer, [listed, *parts])
        for sheet, number in zip(writer.pages, PdfReader(numbers).pages, strict=True):
            sheet.merge_page(number)
        writer.add_metadata({"/Title": name})
        writer.compress_identical_objects()
        writer.write(target)
    return target


# Models and pictures may be asked for when the page stands.
QUIET = "() => new Promise(done => setTimeout(() => requestIdleCallback(done), 500))"
# Chromium keeps the places that a page itself links to: others link to them, too.
ALL_PLACES = """() => {
  const links = document.createElement("div");
  links.hidden = true;
  for (const { id } of document.querySelectorAll("main :not(svg *)[id]")) {
    const link = document.createElement("a");
    link.href = `#${encodeURIComponent(id)}`;
    links.append(link);
  }
  document.body.append(links);
}"""


def print_page(tab: Any, address: str, part: Path) -> None:
    tab.goto(address)
    tab.wait_for_load_state("load")
    tab.evaluate(QUIET)
    tab.evaluate(ALL_PLACES)
    tab.pdf(path=part, margin=MARGIN, outline=True, tagged=True, **A4)


def print_numbers(tab: Any, count: int, part: Path) -> None:
    """As many empty sheets as the book has, each with its number."""
    tab.set_content('<p style="break-after: page">&nbsp;</p>' * (count - 1) + "<p>&nbsp;</p>")
    # Chromium paints headers and footers over a page that is transparent.
    header = {"display_header_footer": True, "header_template": "<i></i>"}
    tab.pdf(path=part, margin=MARGIN, footer_template=NUMBER, **header, **A4)


if __name__ == "__main__":
    folder, file, *names = sys.argv[1:]
    print(printed(Path(folder), Path(file), *names))
