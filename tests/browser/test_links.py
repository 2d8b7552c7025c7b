"""Every link inside the book leads to a page and a place that exist, the only one of its name."""

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Anchors(HTMLParser):
    """Collects a page's links, and the ids they may point to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = {"", "top"}
        self.counted: Counter[str] = Counter()
        self.text = text
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.counted[named.get("id") or ""] += 1
        self.ids |= {named[key] or "" for key in ("id", "name") if key in named}
        for key in ("href", "src"):
            if named.get(key):
                self.links.append(named[key] or "")


def leads_to_a_place(fragment: str, page: Anchors) -> bool:
    """An id of the page, or a live picture on it with what the address sets in it."""
    place, sets, _ = fragment.partition("&")
    live = place.removeprefix("live-")
    return fragment in page.ids or bool(sets and f'"called":"{live}"' in page.text)


def doubled(page: str) -> list[str]:
    """The ids that more than one element of the page has."""
    return [name for name, count in Anchors(page).counted.items() if name and count > 1]


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
                there = leads_to_a_place(unquote(parts.fragment), parsed[target])
            if not there:
                complaints.append(f"{path.relative_to(book.resolve())} → {link}")
    return complaints


def test_every_link_inside_the_book_leads_somewhere(book: Path) -> None:
    assert broken(book) == []


def test_no_page_gives_two_places_one_id(book: Path) -> None:
    pages = [path for path in book.rglob("*.html") if "_static" not in path.parts]
    assert {
        path.name: doubled(path.read_text()) for path in pages if doubled(path.read_text())
    } == {}


def test_a_doubled_id_is_found() -> None:
    assert doubled('<p id="a"></p><p id="a"></p><p id="b"></p><p></p><p></p>') == ["a"]


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<a href="page.html#here">x</a><a href="gone.html">y</a>')
    assert broken(tmp_path) == ["page.html → page.html#here", "page.html → gone.html"]


def test_a_link_that_sets_a_live_picture_needs_the_picture(tmp_path: Path) -> None:
    links = [f'<a href="zoo.html#live-{name}&amp;{name}.search=x">x</a>' for name in ("zoo", "zo")]
    (tmp_path / "page.html").write_text("".join(links))
    (tmp_path / "zoo.html").write_text('<script type="x">{"called":"zoo"}</script>')
    assert broken(tmp_path) == ["page.html → zoo.html#live-zo&zo.search=x"]
