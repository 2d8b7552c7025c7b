"""Every link inside the book leads to a page and a place that exist."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Anchors(HTMLParser):
    """Collects a page's links, and the ids they may point to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.ids |= {named[key] or "" for key in ("id", "name") if key in named}
        for key in ("href", "src"):
            if named.get(key):
                self.links.append(named[key] or "")


def broken(book: Path) -> list[str]:
    found = (path.resolve() for path in book.rglob("*.html") if "_static" not in path.parts)
    parsed = {path: Anchors(path.read_text()) for path in found}
    complaints = []
    for path, anchors in parsed.items():
        for link in anchors.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.exists()
            if there and target in parsed:
                there = unquote(parts.fragment) in parsed[target].ids
            if not there:
                complaints.append(f"{path.relative_to(book.resolve())} → {link}")
    return complaints


def test_every_link_inside_the_book_leads_somewhere(book: Path) -> None:
    assert broken(book) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<a href="page.html#here">x</a><a href="gone.html">y</a>')
    assert broken(tmp_path) == ["page.html → page.html#here", "page.html → gone.html"]
