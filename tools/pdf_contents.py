"""The contents of the printed book, on sheets of their own in front of it."""

from html import escape
from typing import NamedTuple

# The parts of the book as its sidebar lists them: [the part's name, [its pages' addresses]].
PARTS = """() => [...document.querySelectorAll("nav.bd-links p.caption")].map((part) => [
  part.textContent.trim(),
  [...part.nextElementSibling.querySelectorAll("a.internal")].map((page) => page.href),
])"""
FONT = "() => getComputedStyle(document.body).fontFamily"

SHEET = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Contents</title><style>
body {{ margin: 0; font: 10.5pt/1.5 {font}; color: #1f2328; }}
h1 {{ margin: 0 0 1.2rem; font-size: 22pt; font-weight: 600; }}
h2 {{ margin: 1rem 0 0.2rem; font-size: 10.5pt; font-weight: 600; color: #57606a; }}
h2 {{ break-after: avoid; }}
a {{ display: flex; gap: 0.5em; color: inherit; text-decoration: none; break-inside: avoid; }}
a::before {{ order: 1; flex: 1; margin-bottom: 0.4em; border-bottom: 1px dotted #8c959f; }}
a::before {{ content: ""; }}
b {{ order: 2; min-width: 2em; font-weight: normal; text-align: right; }}
b {{ font-variant-numeric: tabular-nums; }}
</style><h1>Contents</h1>{rows}"""


class Entry(NamedTuple):
    title: str
    address: str
    sheet: int


def contents(entries: list[Entry], parts: list[tuple[str, list[str]]], font: str) -> str:
    """A page with each title, the number of the sheet on which it begins, and a link to it."""
    begun = {address: part for part, pages in parts for address in pages}
    rows, before = [], None
    for title, address, sheet in entries:
        part = begun.get(address)
        if part and part != before:
            rows.append(f"<h2>{escape(part)}</h2>")
        before = part
        rows.append(f'<a href="{escape(address)}">{escape(title)}<b>{sheet}</b></a>')
    return SHEET.format(font=font, rows="\n".join(rows))
