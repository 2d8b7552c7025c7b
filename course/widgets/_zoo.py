"""The zoo: a card for every attention type in the registry, to filter and to search."""

from collections.abc import Sequence
from html import escape
from typing import Any, get_args

import ipywidgets
import traitlets

from course.catalogue import CATALOGUE, Entry
from course.catalogue.chapters import chapter
from course.catalogue.code_line import code_line, place
from course.catalogue.command_line import names_of
from course.catalogue.cost import Growth, cost, growth
from course.catalogue.differences import stored
from course.catalogue.entry import Family
from course.catalogue.measured import times
from course.catalogue.papers import address_of, papers
from course.catalogue.pictures import picture
from course.catalogue.words import Part
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View

FAMILIES = get_args(Family)
TIERS = ("all", "1", "2", "3")
PARTS = get_args(Part)
YEARS = ((1960, 2016), (2017, 2019), (2020, 2022), (2023, 2024), (2025, 2026))
GROWTHS = get_args(Growth)
COSTS = ("as T", "between", "as T² or more")
LABELS = {"part": "changes", "model": "used in", "cost": "time grows"}


class ZooView(View):
    """Cards, of which the chosen ones show. A choice of 0 is any, of n the n-th of its list."""

    _esm = module("zoo.js")
    _css = style("zoo.css")
    cards: traitlets.List[Any] = traitlets.List().tag(sync=True)
    families: traitlets.List[Any] = traitlets.List().tag(sync=True)
    parts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    models: traitlets.List[Any] = traitlets.List().tag(sync=True)
    years: traitlets.List[Any] = traitlets.List().tag(sync=True)
    growths: traitlets.List[Any] = traitlets.List().tag(sync=True)
    family = traitlets.Int(0).tag(sync=True)
    tier = traitlets.Int(1).tag(sync=True)
    part = traitlets.Int(0).tag(sync=True)
    model = traitlets.Int(0).tag(sync=True)
    year = traitlets.Int(0).tag(sync=True)
    cost = traitlets.Int(0).tag(sync=True)
    search = traitlets.Unicode("").tag(sync=True)


def zoo(entries: Sequence[Entry] = CATALOGUE) -> Panel:
    """Choose by family, tier, part, model, year and cost, or search: one card per type."""
    models = sorted({user for entry in entries for user in entry.words.used_in}, key=str.casefold)
    view = ZooView(
        cards=[card(entry) for entry in entries],
        families=list(FAMILIES),
        parts=list(PARTS),
        models=models,
        years=[list(years) for years in YEARS],
        growths=list(GROWTHS),
    )
    spans = [f"{first}–{last}" if first > 1960 else f"until {last}" for first, last in YEARS]
    choices = {
        "part": ["any part", *PARTS],
        "model": ["any model", *models],
        "year": ["any year", *spans],
        "cost": ["any growth", *COSTS],
        "family": ["all families", *FAMILIES],
    }
    tier = ipywidgets.ToggleButtons(options=TIERS, index=view.tier, description="tier")
    search = ipywidgets.Text(description="search", placeholder="name, model, author, year, code …")
    lists = {
        name: ipywidgets.Dropdown(options=options, description=LABELS.get(name, name))
        for name, options in choices.items()
    }
    for name, control in {**lists, "tier": tier}.items():
        ipywidgets.jslink((control, "index"), (view, name))
    ipywidgets.jslink((search, "value"), (view, "search"))
    controls = [search, *lists.values(), tier]
    return Panel(controls, view, still=table(entries), call="zoo()")


def card(entry: Entry) -> dict[str, Any]:
    """What a card shows; the picture's numbers in hundredths."""
    drawn, paper, words = picture(entry), papers()[entry.cite], entry.words
    return {
        "name": entry.name,
        "family": entry.family,
        "tier": entry.tier,
        "idea": words.idea,
        "use": words.use,
        "part": words.part,
        "varies": words.varies,
        "used": [[user, address_of(source)] for user, source in words.used_in.items()],
        "aliases": list(words.aliases),
        "names": names_of(entry.name),
        "formula": entry.formula,
        "time": list(cost(entry.time)),
        "memory": list(cost(entry.memory)),
        "growth": growth(entry.time),
        "measured": times(entry.name),
        "paper": paper.reference,
        "address": paper.address,
        "year": paper.year,
        "confirmed": paper.confirmed,
        "chapter": list(chapter(words.chapter)),
        "code": code_line(entry),
        "place": place(entry),
        "oracle": entry.oracle,
        "apart": stored()[entry.test],
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
