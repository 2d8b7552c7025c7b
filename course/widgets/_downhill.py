"""Downhill: what a learning rate does, and a gradient that is not set back to zero."""

from itertools import pairwise

import ipywidgets
import torch
import traitlets

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, line, picture, text

START = 3.0
RATES = (0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 1.1)
MOST = 20


class DownhillView(View):
    """The curve of x², the places where x has been, and the slope where it is."""

    _esm = module("downhill.js")
    _css = style("downhill.css")
    start = traitlets.Float().tag(sync=True)
    rates: traitlets.List[float] = traitlets.List().tag(sync=True)
    rate = traitlets.Int().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)
    forget = traitlets.Bool().tag(sync=True)


def downhill(rate: float = 0.1, steps: int = 1, forget: bool = True) -> Panel:
    """x² from x = 3 after so many steps x − rate · gradient.

    `forget`: the gradient is that of the present place alone, as after `zero_grad()`; otherwise
    the sum of all so far. Raises ValueError for a rate that the control does not offer, and for
    steps outside 0 … 20.
    """
    if rate not in RATES:
        raise ValueError(f"rate must be one of {RATES}, got {rate}")
    check_range("steps", steps, 0, MOST)
    view = DownhillView(
        start=START, rates=list(RATES), rate=RATES.index(rate), steps=steps, forget=forget
    )
    size = ipywidgets.SelectionSlider(
        options=[str(one) for one in RATES], index=view.rate, description="learning rate"
    )
    count = ipywidgets.IntSlider(min=0, max=MOST, value=steps, description="steps")
    zero = ipywidgets.Checkbox(value=forget, description="zero_grad() in each step")
    ipywidgets.jslink((size, "index"), (view, "rate"))
    ipywidgets.jslink((count, "value"), (view, "steps"))
    ipywidgets.jslink((zero, "value"), (view, "forget"))
    return Panel(
        [size, count, zero],
        view,
        still=_still(walk(rate, steps, forget)),
        call=f"downhill({rate=}, {steps=}, {forget=})",
    )


def walk(rate: float, steps: int, forget: bool) -> list[float]:
    """Where x has been, by PyTorch."""
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=rate)
    places = [x.item()]
    for _ in range(steps):
        if forget:
            optimizer.zero_grad()
        (x**2).backward()
        optimizer.step()
        places.append(x.item())
    return places


def _still(places: list[float]) -> str:
    """The places on the curve, joined in their order."""
    title = f"x² from x = {places[0]:g}; step {len(places) - 1}: x = {places[-1]:.2f}"
    curve = [(0.25 * i - 4, (0.25 * i - 4) ** 2) for i in range(33)]
    walked = [(x, x**2) for x in places]
    parts = [text(180, 16, title, anchor="middle")]
    for points, color, width in ((curve, COLORS["muted"], 2), (walked, COLORS["weight"], 3)):
        drawn = [(180 + 40 * x, 200 - 10.5 * y) for x, y in points]
        parts += [line(*a, *b, color, width) for a, b in pairwise(drawn)]
    return picture(title, 360, 210, parts)
