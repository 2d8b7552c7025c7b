"""The soft dictionary: ages and heights, a query between them, and a width."""

import ipywidgets
import torch
import traitlets

from attnlib import attention
from attnlib.scores import GaussianKernel
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import weight_bars

HEIGHTS = {2: 87, 4: 103, 6: 116, 8: 127, 10: 138}  # years: median height of boys in cm (WHO)


class SoftDictionaryView(View):
    """The answers by age, the weights of the age asked for, and those of all ages as a strip."""

    _esm = module("soft_dictionary.js")
    _css = style("soft_dictionary.css")
    key: traitlets.List[int] = traitlets.List().tag(sync=True)
    value: traitlets.List[int] = traitlets.List().tag(sync=True)
    query = traitlets.Float().tag(sync=True)
    width = traitlets.Float().tag(sync=True)


def soft_dictionary(query: float = 7.0, width: float = 1.0) -> Panel:
    """Heights of boys at five ages, looked up at an age of the reader's: kernel regression.

    weights = exp(−(query − key)² / 2 width²), divided by their sum (Nadaraya, 1964; Watson, 1964).
    Raises ValueError for a query outside 1 … 11 years or a width outside 0.1 … 32.
    """
    check_range("query", query, 1, 11)
    check_range("width", width, 0.1, 32)
    keys, values = list(HEIGHTS), list(HEIGHTS.values())
    view = SoftDictionaryView(key=keys, value=values, query=query, width=width)
    age = ipywidgets.FloatSlider(
        min=1, max=11, step=0.1, value=query, description="age asked for", readout_format=".1f"
    )
    widths = ipywidgets.FloatLogSlider(
        base=2,
        min=-3.25,
        max=5,
        step=0.25,
        value=width,
        description="width (years)",
        readout_format=".2f",
    )
    ipywidgets.jslink((age, "value"), (view, "query"))
    ipywidgets.jslink((widths, "value"), (view, "width"))
    weights, answer = look_up(query, width)
    title = f"A child of {query:g}, width {width:g}: {answer:.1f} cm"
    return Panel(
        [age, widths],
        view,
        still=weight_bars(title, [f"{key} years" for key in keys], weights),
        call=f"soft_dictionary({query=}, {width=})",
    )


def look_up(query: float, width: float) -> tuple[list[float], float]:
    """The weights of the five ages, and their weighted sum: what the view computes."""
    asked, keys, values = (
        torch.tensor(numbers, dtype=torch.float64).reshape(1, 1, -1, 1)
        for numbers in ([query], list(HEIGHTS), list(HEIGHTS.values()))
    )
    seen = attention(asked, keys, values, score=GaussianKernel(width))
    return seen.weights.flatten().tolist(), seen.output.item()
