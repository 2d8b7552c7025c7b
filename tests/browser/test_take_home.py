"""The book as one file: the zip opens from a folder; the PDF has numbers and an outline."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import find_chromium
from environment import ROOT
from playwright.sync_api import Page
from pypdf import PageObject, PdfReader
from take_home import A4, MARGIN, in_order, zipped
from visits import WIDE, pages

Open = Callable[..., Page]


def test_the_zip_is_the_book(book: Path, tmp_path: Path, watched: Open) -> None:
    archive = zipped(book, tmp_path / "attention-live.zip")
    once = archive.read_bytes()
    assert zipped(book, archive).read_bytes() == once
    with zipfile.ZipFile(archive) as file:
        names = {name for name in file.namelist() if name.endswith((".html", ".js", ".css"))}
        file.extractall(tmp_path)
    inside = tmp_path / "attention-live"
    assert {f"attention-live/{page}.html" for page in pages()} < names
    page = watched((inside / "index.html").as_uri(), viewport=WIDE)
    page.wait_for_url("**/intro.html")


def test_turning_the_pages_meets_every_page(book: Path) -> None:
    whole = book.resolve()
    turned = [page.relative_to(whole).with_suffix("") for page in in_order(book, "book/intro.html")]
    assert sorted(map(str, turned)) == sorted(set(pages()) - {"search", "genindex"})


@pytest.fixture(scope="module")
def pdf(book: Path, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    """The last three pages of the book."""
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    command = [sys.executable, ROOT / "tools" / "take_home.py", book, target]
    first = "book/fr/02_before_attention.html"
    subprocess.run([*command, find_chromium(Path(sys.executable)), first], check=True)
    return PdfReader(target)


def test_the_pdf_has_numbers_and_an_outline(pdf: PdfReader) -> None:
    for number, sheet in enumerate(pdf.pages, start=1):
        assert sheet.extract_text().split()[-1] == str(number)
    titles = [one.title for one in pdf.outline if not isinstance(one, list)]
    assert titles == ["Contents", "02 Avant l’attention", "03 Requête, clé, valeur", "Glossaire"]


def test_a_page_is_printed_to_its_end(pdf: PdfReader) -> None:
    """What unfolds after the sheets were counted pushes the end of a page off the last one."""
    _, _, following, _ = (one for one in pdf.outline if not isinstance(one, list))
    second = pdf.get_destination_page_number(following)
    last = pdf.pages[second - 1].extract_text()
    assert "Ilya Sutskever, Oriol Vinyals" in last  # of the bibliography, alphabetically


def links(pdf: PdfReader) -> Iterator[tuple[PageObject, Any]]:
    for sheet in pdf.pages:
        yield from ((sheet, link) for link in own(sheet))


def own(sheet: PageObject) -> list[Any]:
    return [link.get_object() for link in sheet.get("/Annots", [])]


def test_a_link_of_the_pdf_leads_to_a_sheet_or_to_the_web(pdf: PdfReader) -> None:
    sheets = {sheet.indirect_reference for sheet in pdf.pages}
    outside = [link["/A"]["/URI"] for _, link in links(pdf) if "/A" in link]
    assert [address for address in outside if not address.startswith("https://")] == []
    inside = [link["/Dest"][0] for _, link in links(pdf) if "/A" not in link]
    assert set(inside) <= sheets
    assert len(inside) > 50


def test_the_contents_give_the_sheet_on_which_a_title_stands(pdf: PdfReader) -> None:
    listed = re.findall(r"^(.+?) ?(\d+)$", pdf.pages[0].extract_text(), re.MULTILINE)
    begun = {
        one.title: str(pdf.get_destination_page_number(one) + 1)
        for one in pdf.outline
        if not isinstance(one, list)
    }
    assert begun.pop("Contents") == "1"
    assert {title: number for title, number in listed if title in begun} == begun
    led = [pdf.get_page_number(link["/Dest"][0].get_object()) + 1 for link in own(pdf.pages[0])]
    assert list(map(str, led)) == list(begun.values())
    for title, number in begun.items():
        assert title.lstrip("0123 ") in pdf.pages[int(number) - 1].extract_text()


def test_a_word_of_a_chapter_leads_to_its_entry_in_the_glossary(pdf: PdfReader) -> None:
    glossary = pdf.get_destination_page_number(pdf.outline[-2])
    led = {
        (pdf.get_page_number(link["/Dest"][0].get_object()), float(link["/Dest"][3]))
        for sheet, link in links(pdf)
        if sheet.page_number < glossary and "/Dest" in link
    }
    entries = {(number, top) for number, top in led if number >= glossary}
    assert len(entries) > 10  # each at a place of its own
    text = "".join(pdf.pages[number].extract_text() for number, _ in entries)
    assert "GRU" in text


def test_the_tags_of_a_sheet_and_of_a_link_are_its_own(pdf: PdfReader) -> None:
    tree = pdf.root_object["/StructTreeRoot"]
    numbers = tree["/ParentTree"]["/Nums"]
    entries = dict(zip(numbers[::2], numbers[1::2], strict=True))
    for sheet in pdf.pages:
        pieces = [piece.get_object() for piece in entries[sheet["/StructParents"]].get_object()]
        assert sheet in [piece["/Pg"] for piece in pieces if piece]
    for _, link in links(pdf):
        piece = entries[link["/StructParent"]].get_object()
        held = piece["/K"] if isinstance(piece["/K"], list) else [piece["/K"]]
        objects = [one.get_object() for one in held if isinstance(one.get_object(), dict)]
        assert link in [one["/Obj"] for one in objects if "/Obj" in one]
    spoken = [part.get_object()["/Lang"] for part in tree["/K"]["/K"]]
    assert (pdf.root_object["/Lang"], spoken) == ("en", ["en", "fr", "fr", "fr"])
    assert pdf.metadata.title == "Attention, Live"


def test_the_cheat_sheet_is_one_sheet(book: Path, tmp_path: Path, watched: Open) -> None:
    page = watched((book / "book" / "cheat_sheet.html").as_uri(), viewport=WIDE)
    page.pdf(path=tmp_path / "sheet.pdf", margin=MARGIN, **A4)
    assert len(PdfReader(tmp_path / "sheet.pdf").pages) == 1
