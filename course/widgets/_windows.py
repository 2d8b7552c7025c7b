"""Windows: how far news of a pixel travels when attention stays in windows, fixed or moved."""

import ipywidgets
import torch
import traitlets
from jaxtyping import Bool
from torch import Tensor

from attnlib.vision import window_labels
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

SIDE = 8
WINDOWS = (2, 4, 8)
MOST_LAYERS = 4


class WindowsView(View):
    """A grid of pixels to press, those that know of the pressed one, and the windows' borders."""

    _esm = module("windows.js")
    _css = style("windows.css")
    side = traitlets.Int(SIDE).tag(sync=True)
    sizes: traitlets.List[int] = traitlets.List().tag(sync=True)
    size = traitlets.Int().tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    moved = traitlets.Bool().tag(sync=True)
    pixel = traitlets.Int().tag(sync=True)


def windows(window: int = 4, layers: int = 1, moved: bool = False, pixel: int = 0) -> Panel:
    """A picture of 8 × 8 pixels in windows: press a pixel, and see which others know of it.

    With `moved`, every second layer has its windows moved by half a window, as in Swin. `pixel`
    counts from 0, row after row. Raises ValueError for a window that is not 2, 4 or 8, layers
    outside 1 … 4 or a pixel that is not there.
    """
    if window not in WINDOWS:
        raise ValueError(f"window must be one of {WINDOWS}, got {window}")
    check_range("layers", layers, 1, MOST_LAYERS)
    check_range("pixel", pixel, 0, SIDE**2 - 1)
    view = WindowsView(
        sizes=list(WINDOWS), size=WINDOWS.index(window), layers=layers, moved=moved, pixel=pixel
    )
    size = ipywidgets.ToggleButtons(
        options=[f"{one} × {one}" for one in WINDOWS], index=view.size, description="window"
    )
    depth = ipywidgets.IntSlider(min=1, max=MOST_LAYERS, value=layers, description="layers")
    moving = ipywidgets.Checkbox(
        value=moved, description="move them in every second layer", indent=False
    )
    ipywidgets.jslink((size, "index"), (view, "size"))
    ipywidgets.jslink((depth, "value"), (view, "layers"))
    ipywidgets.jslink((moving, "value"), (view, "moved"))
    return Panel(
        [size, depth, moving],
        view,
        still=still(know(pixel, window, layers, moved), pixel),
        call=f"windows({window=}, {layers=}, {moved=}, {pixel=})",
    )


def know(pixel: int, window: int, layers: int, moved: bool) -> Bool[Tensor, " T"]:
    """Which pixels know of `pixel` after so many layers: what the view computes in JavaScript."""
    known = torch.arange(SIDE**2) == pixel
    for layer in range(layers):
        shift = window // 2 if moved and layer % 2 == 1 and window < SIDE else 0
        labels = window_labels(SIDE, SIDE, window=window, shift=shift).flatten()
        known = torch.isin(labels, labels[known])
    return known


def still(known: Bool[Tensor, " T"], pixel: int) -> str:
    """The grid as it stands before anything is pressed."""
    left, top, step = 90, 30, 22
    title = f"{int(known.sum())} of {SIDE**2} pixels know of one"
    parts = [text(180, 16, title, anchor="middle")]
    for place, knows in enumerate(known.tolist()):
        row, column = divmod(place, SIDE)
        color = COLORS["query" if place == pixel else "weight" if knows else "line"]
        parts.append(bar(left + step * column, top + step * row, 19, 19, color))
    return picture(title, 360, top + step * SIDE + 8, parts)
