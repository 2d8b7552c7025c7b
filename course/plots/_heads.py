"""The weights of several heads side by side."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from course.plots._heatmap import heatmap


def heads(
    weights: Float[Tensor, "H Tq Tk"],
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    across: int = 4,
) -> Figure:
    """A grid of heat maps, `across` side by side; labels stand only at the grid's edge.

    Raises ValueError when weights lacks the axes (H, Tq, Tk), or there are not H titles.
    """
    if weights.dim() != 3:
        raise ValueError(
            f"weights must have the axes (H, Tq, Tk), got shape {tuple(weights.shape)}"
        )
    names = [f"head {head}" for head in range(len(weights))] if titles is None else titles
    if len(names) != len(weights):
        raise ValueError(f"titles has {len(names)} labels, but weights has {len(weights)} heads")
    across = min(across, len(weights))
    down = -(-len(weights) // across)
    figure, places = plt.subplots(
        down, across, figsize=(2.1 * across + 0.6, 2.3 * down + 0.5), squeeze=False
    )
    for head, ax in enumerate(places.flat):
        if head >= len(weights):
            ax.set_axis_off()
            continue
        heatmap(weights[head], rows, columns, title=names[head], ax=ax)
        ax.tick_params(labelsize=8, labelleft=head % across == 0, labeltop=head < across)
        ax.set(xlabel="", ylabel="")
        ax.title.set_size(10)
        for number in ax.texts:
            number.set_visible(False)
    if title is not None:
        figure.suptitle(title, x=0.02, ha="left", weight="bold")
    return figure
