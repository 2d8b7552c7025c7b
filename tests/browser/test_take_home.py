"""The book as one file: the zip opens from a folder; the PDF has numbers and an outline."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from browser import find_chromium
from environment import ROOT
from playwright.sync_api import Page
from pypdf import PdfReader
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


def test_the_pdf_has_numbers_and_an_outline(book: Path, tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "tools" / "take_home.py", book, tmp_path / "book.pdf"]
    first = "book/fr/02_before_attention.html"
    subprocess.run([*command, find_chromium(Path(sys.executable)), first], check=True)
    pdf = PdfReader(tmp_path / "book.pdf")
    for number, sheet in enumerate(pdf.pages, start=1):
        assert sheet.extract_text().split()[-1] == str(number)
    titles = [one.title for one in pdf.outline if not isinstance(one, list)]
    assert titles == ["02 Avant l’attention", "03 Requête, clé, valeur", "Glossaire"]


def test_the_cheat_sheet_is_one_sheet(book: Path, tmp_path: Path, watched: Open) -> None:
    page = watched((book / "book" / "cheat_sheet.html").as_uri(), viewport=WIDE)
    page.pdf(path=tmp_path / "sheet.pdf", margin=MARGIN, **A4)
    assert len(PdfReader(tmp_path / "sheet.pdf").pages) == 1
