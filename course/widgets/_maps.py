"""Recorded maps: attention weights that a cell has, to be looked at word by word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets
import traitlets
from jaxtyping import Float
from torch import Tensor

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import alignment_arcs


@dataclass(frozen=True)
class Map:
    """Weights with a name: a row for each word that looks, a column for each looked at."""

    name: str
    weights: Float[Tensor, "R C"]
    rows: Sequence[str]
    columns: Sequence[str]


class MapsView(View):
    """One map as arcs from the chosen row, and whole."""

    _esm = module("maps.js")
    _css = style("words.css", "maps.css")
    maps: traitlets.List[Any] = traitlets.List().tag(sync=True)
    chosen = traitlets.Int().tag(sync=True)
    row = traitlets.Int().tag(sync=True)


def maps(recorded: Sequence[Map], *, chosen: int = 0, row: int = 0) -> Panel:
    """Choose one of the recorded maps, if there are several, then a word, and see where it looks.

    `chosen` and `row` count from 0. Raises ValueError when there is no such map or row, or when a
    map has not one weight for each of its rows and columns.
    """
    for one in recorded:
        if one.weights.shape != (len(one.rows), len(one.columns)):
            raise ValueError(
                f"the map {one.name!r} must have {len(one.rows)} × {len(one.columns)} weights, "
                f"got {tuple(one.weights.shape)}"
            )
    check_range("chosen", chosen, 0, len(recorded) - 1)
    first = recorded[chosen]
    check_range("row", row, 0, len(first.rows) - 1)
    view = MapsView(maps=[plain(one) for one in recorded], chosen=chosen, row=row)
    names = [one.name for one in recorded]
    choice = ipywidgets.Dropdown(options=names, index=chosen, description="map")
    ipywidgets.jslink((choice, "index"), (view, "chosen"))
    return Panel(
        [choice] if len(recorded) > 1 else [],
        view,
        still=alignment_arcs(
            f"{first.name}: where “{first.rows[row]}” looks",
            first.columns,
            first.rows,
            first.weights[row].tolist(),
            row,
        ),
        call=f"maps({', '.join(names)}; {chosen=}, {row=})",
    )


def plain(one: Map) -> dict[str, Any]:
    """A map as the view holds it: weights of three decimals."""
    return {
        "name": one.name,
        "rows": list(one.rows),
        "columns": list(one.columns),
        "weights": [[round(weight, 3) for weight in row] for row in one.weights.tolist()],
    }
