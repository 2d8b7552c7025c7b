"""Broadcasting: two shapes laid over one another from the right, and what is repeated."""

from typing import Any

import ipywidgets
import torch
import traitlets
from torch import Tensor

from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import numbers, picture, text

SHAPES = ((3, 4), (3, 1), (1, 4), (4,), (3,), ())
Shape = tuple[int, ...]


class BroadcastingView(View):
    """Both tensors, with the copies that broadcasting makes of them, and their sum."""

    _esm = module("broadcasting.js")
    _css = style("number_table.css")
    shapes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    first = traitlets.Int().tag(sync=True)
    second = traitlets.Int().tag(sync=True)
    chosen: traitlets.List[int] = traitlets.List().tag(sync=True)


def broadcasting(first: Shape = (3, 1), second: Shape = (1, 4)) -> Panel:
    """`a + b` of two shapes: what PyTorch repeats, or that it refuses.

    Raises ValueError for a shape that no control offers.
    """
    for name, shape in (("first", first), ("second", second)):
        if shape not in SHAPES:
            raise ValueError(f"{name} must be one of {SHAPES}, got {shape}")
    view = BroadcastingView(
        shapes=[list(shape) for shape in SHAPES],
        first=SHAPES.index(first),
        second=SHAPES.index(second),
        chosen=[1, 2],
    )
    controls = []
    for letter, name in (("a", "first"), ("b", "second")):
        control = ipywidgets.ToggleButtons(
            options=[str(shape) for shape in SHAPES],
            index=getattr(view, name),
            description=f"shape of {letter}",
        )
        ipywidgets.jslink((control, "index"), (view, name))
        controls.append(control)
    title = f"a {first} + b {second}"
    added = both(first, second)
    shown = [] if added is None else numbers(8, 40, torch.atleast_2d(added).tolist())
    return Panel(
        controls,
        view,
        still=picture(title, 360, 110, [text(8, 16, title), *shown]),
        call=f"broadcasting({first=}, {second=})",
    )


def counted(shape: Shape, factor: int) -> Tensor:
    """1, 2, 3, … times `factor` in this shape."""
    size = torch.Size(shape).numel()
    return factor * torch.arange(1, size + 1).reshape(shape)


def both(first: Shape, second: Shape) -> Tensor | None:
    """Their sum by PyTorch; None where it refuses."""
    try:
        return counted(first, 1) + counted(second, 10)
    except RuntimeError:
        return None
