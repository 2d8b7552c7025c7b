"""Keys going round a ring of processes, and a timeline of who computes and who waits."""

from typing import get_args

import ipywidgets
import torch
import traitlets

from attnlib import masks
from attnlib.parallel import Order, places
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

LENGTH, WINDOW = 32, 8
SIZES = (2, 4, 8)
ORDERS = get_args(Order)
MASKS = {
    "none": None,
    "causal": masks.Causal(),
    "window": masks.Causal() & masks.Window(WINDOW),
}


class RingTurnsView(View):
    """The processes in a ring with the keys that each has now, and all turns as bars of time."""

    _esm = module("ring_turns.js")
    _css = style("ring_turns.css")
    sizes: traitlets.List[int] = traitlets.List(list(SIZES)).tag(sync=True)
    size = traitlets.Int().tag(sync=True)
    order = traitlets.Int().tag(sync=True)
    mask = traitlets.Int().tag(sync=True)
    percent = traitlets.Int().tag(sync=True)


def ring_turns(
    processes: int = 4, order: str = "contiguous", mask: str = "causal", percent: int = 0
) -> Panel:
    """Ring attention of 32 tokens after `percent` of its time: who has whose keys, and who waits.

    Time is counted in pairs of a query and a key that it sees; a turn ends when the slowest process
    is done. Raises ValueError for a number of processes that is none of 2, 4, 8, an unknown order
    or mask, or a percent outside 0 … 100.
    """
    for name, given, known in (
        ("processes", processes, SIZES),
        ("order", order, ORDERS),
        ("mask", mask, tuple(MASKS)),
    ):
        if given not in known:
            raise ValueError(f"{name} must be one of {known}, got {given!r}")
    check_range("percent", percent, 0, 100)
    chosen = SIZES.index(processes), ORDERS.index(order), list(MASKS).index(mask)
    view = RingTurnsView(size=chosen[0], order=chosen[1], mask=chosen[2], percent=percent)
    time = ipywidgets.IntSlider(min=0, max=100, value=percent, description="time (%)")
    count = ipywidgets.ToggleButtons(
        options=[str(size) for size in SIZES], index=chosen[0], description="processes"
    )
    orders = ipywidgets.ToggleButtons(
        options=["plain", "zigzag"], index=chosen[1], description="order"
    )
    rules = ipywidgets.ToggleButtons(
        options=["no mask", "causal", f"causal, window of {WINDOW}"],
        index=chosen[2],
        description="mask",
    )
    ipywidgets.jslink((time, "value"), (view, "percent"))
    ipywidgets.jslink((count, "index"), (view, "size"))
    ipywidgets.jslink((orders, "index"), (view, "order"))
    ipywidgets.jslink((rules, "index"), (view, "mask"))
    return Panel(
        [time, count, orders, rules],
        view,
        still=_still(work(processes, order, mask)),
        call=f"ring_turns({processes=}, {order=}, {mask=}, {percent=})",
    )


def work(processes: int, order: str, mask: str) -> list[list[int]]:
    """How many pairs each process computes, turn by turn: [turn][rank]."""
    rule, held = MASKS[mask], places(LENGTH, processes, order=order)  # type: ignore[arg-type]
    seen = torch.ones(LENGTH, LENGTH) if rule is None else rule.dense(LENGTH)[0, 0]
    return [
        [
            int(seen[held[rank]][:, held[(rank - turn) % processes]].sum())
            for rank in range(processes)
        ]
        for turn in range(processes)
    ]


def _still(table: list[list[int]]) -> str:
    """The timeline."""
    unit = 240 / sum(map(max, table))
    parts = [text(180, 16, "Who computes, and who waits", anchor="middle")]
    for rank in range(len(table)):
        parts.append(text(74, 44 + 24 * rank, f"process {rank}", COLORS["muted"], "end"))
        start = 84.0
        for row in table:
            if row[rank]:
                width = max(1.0, unit * row[rank] - 2)
                parts.append(bar(start, 30 + 24 * rank, width, 18, COLORS["weight"]))
            start += unit * max(row)
    return picture("Who computes and who waits", 360, 40 + 24 * len(table), parts)
