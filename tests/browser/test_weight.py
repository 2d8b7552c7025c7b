"""What a reader's first visit to a page loads, in kilobytes as a server sends them (gzip)."""

import gzip
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser
from visits import first_visit, pages

MODEL = re.compile(r"_static/attention/(?!page\.js|view-|words-).*\.js$")
PACKED = {".woff", ".woff2", ".png", ".jpg"}  # already compressed: gzip finds nothing more


def weight(path: Path) -> float:
    content = path.read_bytes()
    return len(content if path.suffix in PACKED else gzip.compress(content)) / 1000


def files(browser: Browser, site: str, book: Path, name: str) -> dict[str, float]:
    """Every file of the site that a visit of the page asks for, with its weight."""
    with first_visit(browser, site, name) as (_, seen):
        below = [unquote(path).lstrip("/") for path in seen.loaded]
    return {path: weight(book / path) for path in below if (book / path).is_file()}


@pytest.mark.parametrize("name", pages())
def test_a_page_is_light(browser: Browser, site: str, book: Path, name: str) -> None:
    weights = files(browser, site, book, name)
    assert f"{name}.html" in weights  # else nothing was weighed
    page = {path: kilobytes for path, kilobytes in weights.items() if not MODEL.search(path)}
    heaviest = sorted(page.items(), key=lambda item: -item[1])[:5]
    assert sum(page.values()) < 350, heaviest
    assert sum(weights.values()) - sum(page.values()) < 1000


@pytest.mark.parametrize("name", pages())
def test_formulas_stand_set_in_the_page(book: Path, name: str) -> None:
    text = (book / f"{name}.html").read_text(encoding="utf-8")
    assert not re.search(r'class="math[^"]*"[^>]*>\s*\\[(\[]', text)
    assert "mathjax/" not in text
    if "mjx-container" in text:
        assert re.search(r'href="[./]*_static/formulas/\w+\.css"', text)
