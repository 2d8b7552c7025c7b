"""Softmax beside its alternatives: the same scores, five ways to make weights of them."""

import ipywidgets
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib.entmax import entmax15, sparsemax
from attnlib.normalizers import hard, sigmoid, softmax
from attnlib.scores import dot, scaled_dot
from attnlib.widgets._assets import module, style
from attnlib.widgets.panel import Panel, View
from attnlib.widgets.softmax_and_scale import SIZES, vectors
from attnlib.widgets.still import COLORS, bar, picture, text

WAYS = {
    "softmax": softmax,
    "1.5-entmax": entmax15,
    "sparsemax": sparsemax,
    "hard": hard,
    "sigmoid": sigmoid,
}


class AlternativesView(View):
    """A block of bars for the scores and one for each way, at the size d = 2^doublings."""

    _esm = module("alternatives.js")
    _css = style("alternatives.css")
    query: traitlets.List[float] = traitlets.List().tag(sync=True)
    key: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    doublings = traitlets.Int().tag(sync=True)
    temperature = traitlets.Float().tag(sync=True)
    scaled = traitlets.Bool().tag(sync=True)


def alternatives(size: int = 16, temperature: float = 1.0, scaled: bool = True) -> Panel:
    """Weights of six random keys by softmax, 1.5-entmax, sparsemax, hard attention and sigmoid.

    All are of q·kᵀ / √d / temperature, over the first d numbers of the same vectors.
    Raises ValueError for a size that is not 1, 2, 4, … 256 or a temperature outside 0.1 … 10.
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES}, got {size}")
    if not 0.1 <= temperature <= 10:
        raise ValueError(f"temperature must lie between 0.1 and 10, got {temperature}")
    query, keys = vectors()
    view = AlternativesView(
        query=query.tolist(),
        key=keys.tolist(),
        doublings=SIZES.index(size),
        temperature=temperature,
        scaled=scaled,
    )
    temperatures = ipywidgets.FloatLogSlider(
        min=-1, max=1, step=0.05, value=temperature, description="temperature", readout_format=".2f"
    )
    sizes = ipywidgets.SelectionSlider(
        options=[(str(size), size) for size in SIZES], value=size, description="size d"
    )
    division = ipywidgets.Checkbox(value=scaled, description="divide by √d", indent=False)
    ipywidgets.jslink((temperatures, "value"), (view, "temperature"))
    ipywidgets.jslink((sizes, "index"), (view, "doublings"))
    ipywidgets.jslink((division, "value"), (view, "scaled"))
    return Panel(
        [temperatures, sizes, division],
        view,
        still=still(compare(query, keys, size, temperature, scaled)),
        call=f"alternatives({size=}, {temperature=}, {scaled=})",
    )


def compare(
    query: Float[Tensor, " D"],
    keys: Float[Tensor, "K D"],
    size: int,
    temperature: float,
    scaled: bool,
) -> dict[str, list[float]]:
    """Each way's weights from the first `size` numbers: what the view computes in JavaScript."""
    score = scaled_dot if scaled else dot
    scores = score(query[None, None, None, :size], keys[None, None, :, :size]) / temperature
    return {name: weigh(scores).flatten().tolist() for name, weigh in WAYS.items()}


def still(weights: dict[str, list[float]]) -> str:
    """One column of bars a way."""
    parts = [text(180, 16, "The same scores, five kinds of weights", anchor="middle")]
    for column, (name, row) in enumerate(weights.items()):
        left = 8 + 70 * column
        parts.append(text(left, 40, name, COLORS["muted"]))
        for place, weight in enumerate(row):
            parts.append(bar(left, 50 + 24 * place, max(1, 58 * weight), 10, COLORS["weight"]))
            parts.append(text(left, 71 + 24 * place, f"{weight:.2f}"))
    return picture("Weights of six keys, five ways", 360, 200, parts)
