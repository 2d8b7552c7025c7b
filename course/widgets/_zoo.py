"""The zoo: a card for every attention type in the registry, to filter and to search."""

from collections.abc import Sequence
from html import escape
from typing import Any, get_args

import ipywidgets
import traitlets

from course.catalogue import CATALOGUE, Entry
from course.catalogue.code_line import code_line, place
from course.catalogue.entry import Family
from course.catalogue.papers import address_of, papers
from course.catalogue.pictures import picture
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View

FAMILIES = get_args(Family)
TIERS = ("all", "1", "2", "3")


class ZooView(View):
    """Cards, of which the chosen ones show."""

    _esm = module("zoo.js")
    _css = style("zoo.css")
    cards: traitlets.List[Any] = traitlets.List().tag(sync=True)
    families: traitlets.List[Any] = traitlets.List().tag(sync=True)
    family = traitlets.Int(0).tag(sync=True)
    tier = traitlets.Int(1).tag(sync=True)
    search = traitlets.Unicode("").tag(sync=True)


def zoo(entries: Sequence[Entry] = CATALOGUE) -> Panel:
    """Choose a family and a tier, or search: one card per type, with words, picture and formula."""
    view = ZooView(cards=[card(entry) for entry in entries], families=list(FAMILIES))
    family = ipywidgets.Dropdown(options=["all families", *FAMILIES], description="family")
    tier = ipywidgets.ToggleButtons(options=TIERS, index=view.tier, description="tier")
    search = ipywidgets.Text(description="search", placeholder="name, model, author, year, code …")
    ipywidgets.jslink((family, "index"), (view, "family"))
    ipywidgets.jslink((tier, "index"), (view, "tier"))
    ipywidgets.jslink((search, "value"), (view, "search"))
    return Panel([family, tier, search], view, still=table(entries), call="zoo()")


def card(entry: Entry) -> dict[str, Any]:
    """What a card shows; the picture's numbers in hundredths."""
    drawn, paper = picture(entry), papers()[entry.cite]
    return {
        "name": entry.name,
        "family": entry.family,
        "tier": entry.tier,
        "idea": entry.words.idea,
        "use": entry.words.use,
        "used": [[user, address_of(source)] for user, source in entry.words.used_in.items()],
        "aliases": list(entry.words.aliases),
        "formula": entry.formula,
        "time": entry.time,
        "memory": entry.memory,
        "paper": paper.reference,
        "address": paper.address,
        "code": code_line(entry),
        "place": place(entry),
        "kind": drawn.kind,
        "matrix": (100 * drawn.matrix).round().int().tolist(),
    }


def table(entries: Sequence[Entry]) -> str:
    """The cards as a plain table, for print, for search, and where no script runs.

    The build sets the formulas in it, from where the live cards take them.
    """
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("type", "idea", "formula", "time", "paper")
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(entry.name)}</th>'
        f"<td>{escape(entry.words.idea)}</td><td>"
        f"{tex(entry)}</td><td>{escape(entry.time)}</td>"
        f"<td>{escape(papers()[entry.cite].reference)}</td></tr>"
        for entry in entries
    )
    box = 'tabindex="0" role="region" aria-label="All types" style="overflow-x:auto"'
    return f"<div {box}><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def tex(entry: Entry) -> str:
    """The type's formula, to be set when the book is built; several lines as one thing."""
    formula = entry.formula
    if "\\\\" in formula:
        lines = formula.replace("\\\\", "\\\\[0.4em]")
        formula = f"\\begin{{array}}{{l}}{lines}\\end{{array}}"
    name = escape(entry.name, quote=True)
    return f'<span class="math" data-type="{name}">\\({escape(formula)}\\)</span>'
