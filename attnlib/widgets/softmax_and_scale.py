"""Softmax and scale: why scores are divided by √d, and what a temperature does."""

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib.normalizers import softmax
from attnlib.scores import dot, scaled_dot
from attnlib.widgets._assets import module, style
from attnlib.widgets.panel import Panel, View
from attnlib.widgets.still import score_and_weight_bars

LARGEST = 256
SIZES = tuple(2**doublings for doublings in range(9))
KEYS = 6
SEED = 304  # one draw whose curves look like the average of many


class SoftmaxAndScaleView(View):
    """Bars of scores and weights, and the largest weight against the size d = 2^doublings."""

    _esm = module("softmax_and_scale.js")
    _css = style("softmax_and_scale.css")
    query: traitlets.List[float] = traitlets.List().tag(sync=True)
    key: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    doublings = traitlets.Int().tag(sync=True)
    temperature = traitlets.Float().tag(sync=True)
    scaled = traitlets.Bool().tag(sync=True)


def softmax_and_scale(size: int = 16, temperature: float = 1.0, scaled: bool = True) -> Panel:
    """Weights of six random keys for one query, by size d, temperature, and with or without √d.

    weights = softmax(q·kᵀ / √d / temperature), over the first d numbers of the same vectors.
    Raises ValueError for a size that is not 1, 2, 4, … 256 or a temperature outside 0.1 … 10.
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES}, got {size}")
    if not 0.1 <= temperature <= 10:
        raise ValueError(f"temperature must lie between 0.1 and 10, got {temperature}")
    query, keys = vectors()
    view = SoftmaxAndScaleView(
        query=query.tolist(),
        key=keys.tolist(),
        doublings=SIZES.index(size),
        temperature=temperature,
        scaled=scaled,
    )
    sizes = ipywidgets.SelectionSlider(
        options=[(str(size), size) for size in SIZES], value=size, description="size d"
    )
    temperatures = ipywidgets.FloatLogSlider(
        min=-1, max=1, step=0.05, value=temperature, description="temperature", readout_format=".2f"
    )
    division = ipywidgets.Checkbox(value=scaled, description="divide by √d", indent=False)
    ipywidgets.jslink((sizes, "index"), (view, "doublings"))
    ipywidgets.jslink((temperatures, "value"), (view, "temperature"))
    ipywidgets.jslink((division, "value"), (view, "scaled"))
    scores, weights = compare(query, keys, size, temperature, scaled)
    return Panel(
        [sizes, temperatures, division],
        view,
        still=still(size, scores, weights),
        call=f"softmax_and_scale({size=}, {temperature=}, {scaled=})",
    )


def vectors() -> tuple[Float[Tensor, " D"], Float[Tensor, "K D"]]:
    """One query and the keys: 256 numbers each from N(0, 1), rounded to two decimals."""
    generator = torch.Generator().manual_seed(SEED)
    drawn = torch.randn(1 + KEYS, LARGEST, generator=generator, dtype=torch.float64)
    rounded = drawn.mul(100).round() / 100
    return rounded[0], rounded[1:]


def compare(
    query: Float[Tensor, " D"],
    keys: Float[Tensor, "K D"],
    size: int,
    temperature: float,
    scaled: bool,
) -> tuple[list[float], list[float]]:
    """Scores and weights of the first `size` numbers: what the view computes in JavaScript."""
    score = scaled_dot if scaled else dot
    scores = score(query[None, None, None, :size], keys[None, None, :, :size])
    weights = softmax(scores / temperature)
    return scores.flatten().tolist(), weights.flatten().tolist()


def still(size: int, scores: list[float], weights: list[float]) -> str:
    """The bars as they stand before anything is moved."""
    title = f"Scores and weights of {KEYS} keys at size d = {size}"
    labels = [f"k{digit}" for digit in "₁₂₃₄₅₆"]
    return score_and_weight_bars(title, labels, scores, weights)
