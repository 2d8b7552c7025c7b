"""The family tree: below each part of the one equation the types that change it, by descent."""

from collections.abc import Iterable
from html import escape
from typing import get_args
from urllib.parse import urlencode

from course.catalogue import CATALOGUE, Entry
from course.catalogue.papers import papers
from course.catalogue.words import Part

CHANGES: dict[Part, str] = {
    "score": "the score: how a query and a key are compared",
    "mask": "the mask: who may look at whom",
    "normalize": "normalize: how scores become weights",
    "structure": "the structure: heads, where queries come from, what a token is",
    "state": "a state in place of the weights",
    "route": "nothing: the same numbers by another route",
}


class FamilyTree:
    """The tree as nested lists, folded; a name leads to its card in the zoo on the same page."""

    def __repr__(self) -> str:
        return "family_tree()"

    def _repr_html_(self) -> str:
        return f'<div class="family-tree">{"".join(map(_branch, get_args(Part)))}</div>'


def family_tree() -> FamilyTree:
    """Every type of the registry below the part it changes and the type it varies."""
    return FamilyTree()


def roots(part: Part) -> list[Entry]:
    """The types that change the part and vary one that changes another, or none."""
    inside = of(part)
    names = {entry.name for entry in inside}
    return [entry for entry in inside if entry.words.varies not in names]


def of(part: Part) -> list[Entry]:
    """The types that change the part, the oldest first."""
    changing = [entry for entry in CATALOGUE if entry.words.part == part]
    return sorted(changing, key=lambda entry: papers()[entry.cite].year)


def _branch(part: Part) -> str:
    title = f"{escape(CHANGES[part])} <small>{len(of(part))} types</small>"
    return f"<details><summary>{title}</summary>{_list(roots(part), part, top=True)}</details>"


def _list(entries: Iterable[Entry], part: Part, *, top: bool = False) -> str:
    return f"<ul>{''.join(_item(entry, part, top=top) for entry in entries)}</ul>"


def _item(entry: Entry, part: Part, *, top: bool) -> str:
    said = urlencode({"zoo.search": entry.name, "zoo.tier": 0})
    link = f'<a href="#live-zoo&amp;{escape(said)}">{escape(entry.name)}</a>'
    origin = f", of {entry.words.varies}" if top and entry.words.varies else ""
    year = f"<small>{papers()[entry.cite].year}{escape(origin)}</small>"
    below = [one for one in of(part) if one.words.varies == entry.name]
    return f"<li>{link} {year}{_list(below, part) if below else ''}</li>"
