"""Softmax and scale: why scores are divided by √D, and what a temperature does."""

from jaxtyping import Float
from torch import Tensor

from attnlib.normalizers import softmax
from course.widgets._assets import module, style
from course.widgets.panel import Panel
from course.widgets.random_keys import (
    KEYS,
    RandomKeysView,
    scores_of,
    vectors,
    with_controls,
)
from course.widgets.still import score_and_weight_bars


class SoftmaxAndScaleView(RandomKeysView):
    """Bars of scores and weights, and the largest weight against the size D."""

    _esm = module("softmax_and_scale.js")
    _css = style("softmax_and_scale.css")


def softmax_and_scale(
    size: int = 16, temperature: float = 1.0, scaled: bool = True, tempered: bool = True
) -> Panel:
    """Weights of six random keys for one query, by size D, temperature, and with or without √D.

    weights = softmax(q·kᵀ / √D / temperature), over the first D numbers of the same vectors.
    `tempered`: whether there is a slider for the temperature.
    Raises ValueError for a size that is not 1, 2, 4, … 256 or a temperature outside 0.1 … 10.
    """
    controls, view = with_controls(SoftmaxAndScaleView, size, temperature, scaled, tempered)
    scores, weights = compare(*vectors(), size, temperature, scaled)
    return Panel(
        controls,
        view,
        still=still(size, scores, weights),
        call=f"softmax_and_scale({size=}, {temperature=}, {scaled=}, {tempered=})",
    )


def compare(
    query: Float[Tensor, " D"],
    keys: Float[Tensor, "K D"],
    size: int,
    temperature: float,
    scaled: bool,
) -> tuple[list[float], list[float]]:
    """Scores and weights of the first `size` numbers: what the view computes in JavaScript."""
    scores = scores_of(query, keys, size, scaled)
    weights = softmax(scores / temperature)
    return scores.flatten().tolist(), weights.flatten().tolist()


def still(size: int, scores: list[float], weights: list[float]) -> str:
    """The bars as they stand before anything is moved."""
    title = f"Scores and weights of {KEYS} keys at size D = {size}"
    labels = [f"k{digit}" for digit in "₁₂₃₄₅₆"]
    return score_and_weight_bars(title, labels, scores, weights)
