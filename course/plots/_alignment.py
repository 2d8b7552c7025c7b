"""Cross-attention weights with the true word alignment outlined over them."""

from collections.abc import Collection, Sequence

from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from torch import Tensor

from course.plots._heatmap import heatmap
from course.plots.style import CARD, INK


def alignment(
    weights: Float[Tensor, "Tq Tk"],
    gold: Collection[tuple[int, int]],
    source: Sequence[str],
    target: Sequence[str],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """One row per target word, one column per source word, an outline on every gold pair
    (target, source).

    Raises ValueError as `heatmap` does, or when a gold pair lies outside the weights.
    """
    ax = heatmap(weights, rows=target, columns=source, title=title, ax=ax)
    for row, column in sorted(gold):
        if not (0 <= row < len(target) and 0 <= column < len(source)):
            raise ValueError(
                f"gold has the pair {(row, column)}, but weights has shape {tuple(weights.shape)}"
            )
        outline = Rectangle((column, row), 1, 1, fill=False, edgecolor=INK, linewidth=2.2)
        outline.set_path_effects([withStroke(linewidth=4.5, foreground=CARD)])
        outline.set_clip_on(False)
        ax.add_patch(outline)
    return ax
