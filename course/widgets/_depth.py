"""Depth: what becomes of ten words and of the gradient in a stack of attentions, layer by layer."""

from functools import cache
from itertools import pairwise, product
from typing import Any

import ipywidgets
import torch
import traitlets
from torch import nn

from attnlib import MultiHeadAttention
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, line, picture, text

DEEPEST = 12
WORDS, SIZE, HEADS = 10, 64, 4


class DepthView(View):
    """Two charts over the layers: how different the words still are, and how large the gradient."""

    _esm = module("depth.js")
    _css = style("depth.css")
    stacks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    residual = traitlets.Bool().tag(sync=True)
    orthogonal = traitlets.Bool().tag(sync=True)
    alone = traitlets.Bool().tag(sync=True)


def depth(
    layers: int = 4, residual: bool = False, orthogonal: bool = False, alone: bool = False
) -> Panel:
    """Attention upon attention, untrained: choose how deep, and what is done against it.

    `residual` adds x to what each layer found, `orthogonal` starts values and outputs with matrices
    that keep lengths, `alone` lets each word see itself only. Raises ValueError for layers outside
    1 … 12.
    """
    check_range("layers", layers, 1, DEEPEST)
    view = DepthView(
        stacks=stacks(), layers=layers, residual=residual, orthogonal=orthogonal, alone=alone
    )
    slider = ipywidgets.IntSlider(min=1, max=DEEPEST, value=layers, description="layers")
    boxes = {
        "residual": ipywidgets.Checkbox(value=residual, description="x + …", indent=False),
        "orthogonal": ipywidgets.Checkbox(
            value=orthogonal, description="orthogonal matrices", indent=False
        ),
        "alone": ipywidgets.Checkbox(
            value=alone, description="every word sees only itself", indent=False
        ),
    }
    for name, control in (("layers", slider), *boxes.items()):
        ipywidgets.jslink((control, "value"), (view, name))
    now = next(one for one in view.stacks if one["ways"] == [residual, orthogonal, alone])
    return Panel(
        [slider, *boxes.values()],
        view,
        still=still(now["spread"]),
        call=f"depth({layers=}, {residual=}, {orthogonal=}, {alone=})",
    )


@cache
def stacks() -> list[dict[str, Any]]:
    """For each of the eight ways the spread and the gradient after 1, 2, … 12 layers."""
    found = []
    for ways in product((False, True), repeat=3):
        after = [measure(count, *ways) for count in range(1, DEEPEST + 1)]
        spread, gradient = zip(*after, strict=True)
        found.append({"ways": list(ways), "spread": list(spread), "gradient": list(gradient)})
    return found


def measure(layers: int, residual: bool, orthogonal: bool, alone: bool) -> tuple[float, float]:
    """Spread over the words ÷ size at the top, and the size of the gradient at the bottom.

    The gradient is that of the root of the mean square at the top.
    """
    mask = torch.eye(WORDS, dtype=torch.bool) if alone else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        parts = [MultiHeadAttention(SIZE, heads=HEADS) for _ in range(layers)]
        bottom = x = torch.randn(WORDS, SIZE, requires_grad=True)
        for part in parts:
            if orthogonal:
                for projection in (part.value, part.output):
                    nn.init.orthogonal_(projection.weight)
            found = part(x[None], mask=mask)[0]
            x = x + found if residual else found
    length = x.square().mean().sqrt()
    (gradient,) = torch.autograd.grad(length, bottom)
    spread = x.std(dim=0).square().mean().sqrt() / length
    return float(f"{spread.item():.3g}"), float(f"{gradient.norm().item():.3g}")


def still(spread: list[float]) -> str:
    """The first chart as it stands before anything is moved."""
    title = "How different ten words still are, by layer"
    points = [
        (44 + 300 * place / (DEEPEST - 1), 168 - 130 * min(share, 1.1) / 1.1)
        for place, share in enumerate(spread)
    ]
    parts = [text(180, 16, title, anchor="middle"), line(44, 168, 344, 168, COLORS["line"])]
    parts += [line(*a, *b, COLORS["value"], 3) for a, b in pairwise(points)]
    parts += [
        text(x, 188, f"{layer}", COLORS["muted"], "middle")
        for layer, (x, _) in enumerate(points, 1)
    ]
    return picture(title, 360, 196, parts)
