"""Caches in pages: a pool, the tables of the sequences on it, and who shares what."""

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, picture, text

ROOM = 32  # tokens that the pool has memory for
SIZES = (2, 4, 8)
RESERVED = 16  # per sequence, where each takes its room in one piece
Event = tuple[str, str, int]
EVENTS: tuple[Event, ...] = (
    ("A", "reads", 6),
    ("B", "reads", 3),
    ("A", "writes", 1),
    ("B", "writes", 1),
    ("B", "writes", 1),
    ("C", "forks A", 0),
    ("A", "writes", 1),
    ("C", "writes", 1),
    ("A", "writes", 2),
    ("C", "writes", 3),
    ("B", "ends", 0),
    ("D", "reads", 9),
    ("A", "ends", 0),
    ("E", "reads", 4),
)


class PageTableView(View):
    """The pool's pages with what lies on them, and a table for each sequence."""

    _esm = module("page_table.js")
    _css = style("page_table.css")
    events: "traitlets.List[list[str | int]]" = traitlets.List().tag(sync=True)
    room = traitlets.Int().tag(sync=True)
    reserved = traitlets.Int().tag(sync=True)
    sizes: traitlets.List[int] = traitlets.List().tag(sync=True)
    size = traitlets.Int().tag(sync=True)
    step = traitlets.Int().tag(sync=True)


def page_table(step: int = 2, size: int = 4) -> Panel:
    """Five sequences in memory for 32 tokens, in pages (Kwon et al., 2023).

    `step` things have happened: a sequence reads its prompt, writes a token, forks another, ends.
    `size`: tokens per page. Raises ValueError for a step outside 0 … 14 or a size that is none of
    2, 4, 8.
    """
    check_range("step", step, 0, len(EVENTS))
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES}, got {size}")
    chosen = SIZES.index(size)
    view = PageTableView(
        events=[list(event) for event in EVENTS],
        room=ROOM,
        reserved=RESERVED,
        sizes=list(SIZES),
        size=chosen,
        step=step,
    )
    steps = ipywidgets.IntSlider(min=0, max=len(EVENTS), value=step, description="what happened")
    sizes = ipywidgets.ToggleButtons(
        options=[str(size) for size in SIZES], index=chosen, description="tokens per page"
    )
    ipywidgets.jslink((steps, "value"), (view, "step"))
    ipywidgets.jslink((sizes, "index"), (view, "size"))
    return Panel([steps, sizes], view, still=_still(step), call=f"page_table({step=}, {size=})")


def _still(step: int) -> str:
    """What has happened, one line each."""
    parts = [text(150, 16, "Sequences on one pool of pages", anchor="middle")]
    for line, (who, does, count) in enumerate(EVENTS[:step]):
        told = f"{who} {does} {count}" if count else f"{who} {does}"
        parts.append(text(20, 44 + 18 * line, told, COLORS["key"]))
    return picture("Sequences on one pool of pages", 300, 60 + 18 * max(step, 1), parts)
