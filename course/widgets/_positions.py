"""Positions: the wheels of RoPE, and why shifting both tokens leaves the score as it is."""

import math

import ipywidgets
import torch
import traitlets

from attnlib.positions.rotary import rotate
from attnlib.scores import scaled_dot
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, line, picture, text

FURTHEST = 60  # place, and shift
BASES = (10, 100, 1000, 10_000)
# Four pairs each, as (length, degrees): near enough to fit, and not quite the same.
QUERY_PAIRS = ((0.95, 20), (0.85, 75), (0.9, -30), (0.8, 120))
KEY_PAIRS = ((0.8, 40), (0.95, 60), (0.85, -10), (0.9, 100))


class PositionsView(View):
    """A wheel for each pair of numbers, the two places, and the score against the distance."""

    _esm = module("positions.js")
    _css = style("positions.css")
    query: traitlets.List[float] = traitlets.List().tag(sync=True)
    key: traitlets.List[float] = traitlets.List().tag(sync=True)
    query_place = traitlets.Int().tag(sync=True)
    key_place = traitlets.Int().tag(sync=True)
    shift = traitlets.Int().tag(sync=True)
    magnitude = traitlets.Int().tag(sync=True)  # the base is BASES[magnitude]


def positions(query_place: int = 5, key_place: int = 2, shift: int = 0, base: int = 100) -> Panel:
    """A query and a key of eight numbers each, turned by their places in pairs.

    score = rotate(query, query_place + shift) · rotate(key, key_place + shift) / √8.
    Raises ValueError for a place or shift outside 0 … 60 or a base that is not 10, 100, … 10,000.
    """
    for name, place in (("query_place", query_place), ("key_place", key_place), ("shift", shift)):
        check_range(name, place, 0, FURTHEST)
    if base not in BASES:
        raise ValueError(f"base must be one of {BASES}, got {base}")
    query, key = vector(QUERY_PAIRS), vector(KEY_PAIRS)
    view = PositionsView(
        query=query,
        key=key,
        query_place=query_place,
        key_place=key_place,
        shift=shift,
        magnitude=BASES.index(base),
    )
    places = {"query_place": query_place, "key_place": key_place, "shift": shift}
    names = {"query_place": "query’s place", "key_place": "key’s place", "shift": "shift both"}
    sliders = [
        ipywidgets.IntSlider(value=place, min=0, max=FURTHEST, description=names[trait])
        for trait, place in places.items()
    ]
    for trait, slider in zip(places, sliders, strict=True):
        ipywidgets.jslink((slider, "value"), (view, trait))
    bases = ipywidgets.SelectionSlider(
        options=[(f"{choice:,}", choice) for choice in BASES], value=base, description="base"
    )
    ipywidgets.jslink((bases, "index"), (view, "magnitude"))
    return Panel(
        [*sliders, bases],
        view,
        still=still(query_place + shift, key_place + shift, base),
        call=f"positions({query_place=}, {key_place=}, {shift=}, {base=})",
    )


def vector(pairs: tuple[tuple[float, float], ...]) -> list[float]:
    """The numbers of arrows given by length and degrees, rounded to three decimals."""
    turned = [(length, math.radians(degrees)) for length, degrees in pairs]
    return [
        round(length * part(angle), 3) for length, angle in turned for part in (math.cos, math.sin)
    ]


def compare(query_place: int, key_place: int, base: int) -> tuple[list[float], list[float], float]:
    """The turned query and key, and their score: what the view computes in JavaScript."""
    query, key = (
        rotate(
            torch.tensor(vector(pairs), dtype=torch.float64)[None, None, None],
            torch.tensor([place]),
            pairing="interleaved",
            base=base,
        )
        for pairs, place in ((QUERY_PAIRS, query_place), (KEY_PAIRS, key_place))
    )
    return query.flatten().tolist(), key.flatten().tolist(), scaled_dot(query, key).item()


def still(query_place: int, key_place: int, base: int) -> str:
    """The four wheels as they stand before anything is moved."""
    query, key, score = compare(query_place, key_place, base)
    title = f"Query at place {query_place}, key at place {key_place}: score {score:.3f}"
    parts = [text(180, 16, title, anchor="middle")]
    for pair in range(len(query) // 2):
        x, y, unit = 50 + 87 * pair, 80, 38
        rim = f'style="fill:none;stroke:{COLORS["line"]}"'
        parts.append(f'<circle cx="{x}" cy="{y}" r="{unit}" {rim}/>')
        for vector_, color in ((key, COLORS["key"]), (query, COLORS["query"])):
            right, upward = vector_[2 * pair : 2 * pair + 2]
            parts.append(line(x, y, x + unit * right, y - unit * upward, color, 3))
        parts.append(text(x, 138, f"pair {pair}", COLORS["muted"], "middle"))
    return picture(title, 360, 146, parts)
