"""Reach: what a sparse pattern costs, and how far the last token hears through some layers."""

import ipywidgets
import torch
import traitlets
from jaxtyping import Bool
from torch import Tensor

from attnlib.masks import BigBird, Causal, Mask, Window, streaming
from attnlib.sparse import mixture_of_blocks
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

LENGTH, BLOCK, SINKS = 32, 4, 2
WIDEST, DEEPEST = 16, 8
FULL_EVERY = 4  # of the layers, in the pattern that mixes two
PATTERNS = (
    "all before",
    "window",
    "window + sinks",
    "BigBird",
    "blocks chosen",
    "windows, each 4th full",
)


class ReachView(View):
    """A map of one layer, and a strip of the tokens that the last one hears of."""

    _esm = module("reach.js")
    _css = style("reach.css")
    pattern = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    drawn: "traitlets.Dict[str, list[str]]" = traitlets.Dict().tag(sync=True)


def reach(pattern: str = "window", width: int = 4, layers: int = 1) -> Panel:
    """Who sees whom among 32 tokens, the pairs that costs, and the reach of `layers` layers.

    Raises ValueError for an unknown pattern, a width outside 1 … 16 or layers outside 1 … 8.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"pattern must be one of {PATTERNS}, got {pattern!r}")
    check_range("width", width, 1, WIDEST)
    check_range("layers", layers, 1, DEEPEST)
    view = ReachView(
        pattern=PATTERNS.index(pattern),
        width=width,
        layers=layers,
        drawn={name: rows_of(mask(name, width)) for name in ("BigBird", "blocks chosen")},
    )
    patterns = ipywidgets.Dropdown(
        options=PATTERNS, index=PATTERNS.index(pattern), description="pattern"
    )
    wide = ipywidgets.IntSlider(min=1, max=WIDEST, value=width, description="window")
    deep = ipywidgets.IntSlider(min=1, max=DEEPEST, value=layers, description="layers")
    ipywidgets.jslink((patterns, "index"), (view, "pattern"))
    ipywidgets.jslink((wide, "value"), (view, "width"))
    ipywidgets.jslink((deep, "value"), (view, "layers"))
    return Panel(
        [patterns, wide, deep],
        view,
        still=still(pattern, width, layers),
        call=f"reach({pattern=}, {width=}, {layers=})",
    )


def mask(pattern: str, width: int, layer: int = 0) -> Bool[Tensor, "T T"]:
    """Who sees whom in one layer, by attnlib."""
    rules: dict[str, Mask] = {
        "window": Causal() & Window(width),
        "window + sinks": streaming(SINKS, width),
        "BigBird": Causal() & BigBird(block=BLOCK, everywhere=1, window=2, random=1),
    }
    if pattern == "blocks chosen":
        source = torch.Generator().manual_seed(3)
        query, key = torch.randn(2, 1, 1, LENGTH, 8, generator=source)
        chosen = mixture_of_blocks.select(query, key, block=BLOCK, count=3)
        return chosen.dense(LENGTH, LENGTH)[0, 0]
    if pattern == PATTERNS[5] and layer % FULL_EVERY < FULL_EVERY - 1:
        return rules["window"].dense(LENGTH, LENGTH)[0, 0]
    return rules.get(pattern, Causal()).dense(LENGTH, LENGTH)[0, 0]


def rows_of(seen: Bool[Tensor, "T T"]) -> list[str]:
    """A mask as rows of 0 and 1."""
    return ["".join(str(int(cell)) for cell in row) for row in seen.tolist()]


def heard(pattern: str, width: int, layers: int) -> Bool[Tensor, " T"]:
    """The tokens that the last one hears of after so many layers."""
    known = torch.eye(LENGTH)
    for layer in range(layers):
        known = ((mask(pattern, width, layer).float() @ known) > 0).float()
    return known[-1] > 0


def still(pattern: str, width: int, layers: int) -> str:
    """The map of the first layer, and the tokens heard of below it."""
    side = 7
    parts = [text(150, 16, f"{pattern}: who sees whom, a row per token", anchor="middle")]
    for row, cells in enumerate(mask(pattern, width).tolist()):
        for column, seen in enumerate(cells):
            if seen:
                x, y = 30 + side * column, 26 + side * row
                parts.append(bar(x, y, side - 1, side - 1, COLORS["weight"]))
    for column, known in enumerate(heard(pattern, width, layers).tolist()):
        color = COLORS["key"] if known else COLORS["line"]
        parts.append(bar(30 + side * column, 262, side - 1, 12, color))
    told = f"heard of by the last token after {layers} layer{'s' if layers > 1 else ''}"
    parts.append(text(150, 292, told, anchor="middle"))
    return picture(f"{pattern} among {LENGTH} tokens", 300, 300, parts)
