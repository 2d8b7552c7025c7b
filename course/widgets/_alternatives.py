"""Softmax beside its alternatives: the same scores, five ways to make weights of them."""

from jaxtyping import Float
from torch import Tensor

from attnlib.normalizers import hard, sigmoid, softmax
from attnlib.normalizers.entmax import entmax15, sparsemax
from course.widgets._assets import module, style
from course.widgets.panel import Panel
from course.widgets.random_keys import (
    RandomKeysView,
    scores_of,
    vectors,
    with_controls,
)
from course.widgets.still import COLORS, bar, picture, text

WAYS = {
    "softmax": softmax,
    "1.5-entmax": entmax15,
    "sparsemax": sparsemax,
    "hard": hard,
    "sigmoid": sigmoid,
}


class AlternativesView(RandomKeysView):
    """A block of bars for the scores and one for each way."""

    _esm = module("alternatives.js")
    _css = style("alternatives.css")


def alternatives(size: int = 16, temperature: float = 1.0, scaled: bool = True) -> Panel:
    """Weights of six random keys by softmax, 1.5-entmax, sparsemax, hard attention and sigmoid.

    All are of q·kᵀ / √D / temperature, over the first D numbers of the same vectors.
    Raises ValueError for a size that is not 1, 2, 4, … 256 or a temperature outside 0.1 … 10.
    """
    controls, view = with_controls(AlternativesView, size, temperature, scaled)
    return Panel(
        controls,
        view,
        still=still(compare(*vectors(), size, temperature, scaled)),
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
    scores = scores_of(query, keys, size, scaled) / temperature
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
