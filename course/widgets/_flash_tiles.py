"""FlashAttention's tiles by hand-sized numbers: what is in memory, and what is kept."""

import ipywidgets
import torch
import traitlets
from torch import Tensor

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, picture, text

LENGTH = 8
SIZES = (2, 4, 8)
SCORES = (
    (1, 0, 2, -1, 0, 3, 1, 0),
    (2, 2, -1, 0, 1, 0, 0, 4),
    (0, 1, 3, 0, -2, 1, 2, 0),
    (1, -1, 0, 2, 3, 0, 1, 5),
    (0, 2, 1, 0, 4, -1, 0, 2),
    (3, 0, 0, 1, 0, 2, 5, -1),
    (0, 1, -1, 2, 0, 4, 3, 6),
    (2, 0, 1, 0, 3, 0, 1, 1),
)
VALUES = (1, 4, 2, 0, 3, 5, 1, 2)


class FlashTilesView(View):
    """The scores as a grid of which one tile is there, and three numbers kept per query."""

    _esm = module("flash_tiles.js")
    _css = style("flash_tiles.css")
    scores: traitlets.List[tuple[int, ...]] = traitlets.List().tag(sync=True)
    values: traitlets.List[int] = traitlets.List().tag(sync=True)
    sizes: traitlets.List[int] = traitlets.List().tag(sync=True)
    size = traitlets.Int().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    causal = traitlets.Bool().tag(sync=True)


def flash_tiles(step: int = 2, size: int = 2, causal: bool = False) -> Panel:
    """Attention of 8 queries to 8 keys, tile by tile: the online softmax (Dao et al., 2022).

    `step` tiles of `size` × `size` scores have been met. Raises ValueError for a step outside
    0 … 16 or a size that is none of 2, 4, 8.
    """
    most = (LENGTH // min(SIZES)) ** 2
    check_range("step", step, 0, most)
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES}, got {size}")
    chosen = SIZES.index(size)
    view = FlashTilesView(
        scores=[list(row) for row in SCORES],
        values=list(VALUES),
        sizes=list(SIZES),
        size=chosen,
        step=step,
        causal=causal,
    )
    steps = ipywidgets.IntSlider(min=0, max=most, value=step, description="tiles met")
    names = [f"{size} × {size}" for size in SIZES]
    blocks = ipywidgets.ToggleButtons(options=names, index=chosen, description="tile")
    future = ipywidgets.Checkbox(value=causal, description="causal mask")
    ipywidgets.jslink((steps, "value"), (view, "step"))
    ipywidgets.jslink((blocks, "index"), (view, "size"))
    ipywidgets.jslink((future, "value"), (view, "causal"))
    return Panel(
        [steps, blocks, future],
        view,
        still=_still(causal),
        call=f"flash_tiles({step=}, {size=}, {causal=})",
    )


def outputs(causal: bool) -> Tensor:
    """What is kept of every query when all tiles are met, divided: softmax(scores) · values."""
    scores = torch.tensor(SCORES, dtype=torch.float64)
    if causal:
        scores = scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf)
    return scores.softmax(dim=-1) @ torch.tensor(VALUES, dtype=torch.float64)


def _still(causal: bool) -> str:
    """The scores as numbers, and each query's output beside them."""
    parts = [text(150, 16, "scores, a row per query, and outputs", anchor="middle")]
    for query, (row, output) in enumerate(zip(SCORES, outputs(causal).tolist(), strict=True)):
        y = 44 + 24 * query
        parts.append(text(18, y, f"{query}", COLORS["query"], "end"))
        for key, score in enumerate(row):
            seen = not causal or key <= query
            parts.append(text(48 + 26 * key, y, f"{score}" if seen else "·", anchor="end"))
        parts.append(text(292, y, f"{output:.2f}", COLORS["weight"], "end"))
    return picture("Scores of eight queries and eight keys", 300, 240, parts)
