"""Attention weights as a heat map: one row per query, one column per key."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from torch import Tensor

from course.plots.style import CARD, INK, KEY, MUTED, QUERY, WEIGHTS

MOST_NUMBERS = 100  # cells; more and the numbers would be too small to read
MOST_VECTOR_CELLS = 4096  # more are drawn as pixels, which keeps the file small


def heatmap(
    weights: Float[Tensor, "Tq Tk"],
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
    largest: float = 1.0,
) -> Axes:
    """Each weight as a shade from 0 (white) to `largest`, and as a number when there are few.

    `rows` and `columns` name the queries and the keys. Without `ax` a fitting figure is made.
    Raises ValueError when weights is not a matrix, or its rows or columns are not as many as the
    labels.
    """
    if weights.dim() != 2:
        raise ValueError(f"weights must have the axes (Tq, Tk), got shape {tuple(weights.shape)}")
    queries, keys = weights.shape
    _check_labels("rows", rows, "queries", queries)
    _check_labels("columns", columns, "keys", keys)
    own = ax is None
    ax = _fitting_axes(queries, keys, rows, title) if ax is None else ax

    shades = weights.detach().double().cpu().numpy()
    ax.pcolormesh(
        shades,
        cmap=WEIGHTS,
        vmin=0,
        vmax=largest,
        edgecolors=CARD if queries * keys <= MOST_VECTOR_CELLS else "none",
        linewidth=1,
        rasterized=queries * keys > MOST_VECTOR_CELLS,
    )
    ax.invert_yaxis()
    ax.set_aspect("equal")
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("key", color=KEY)
    ax.set_ylabel("query", color=QUERY)
    ax.tick_params(length=0)
    ax.spines[:].set(visible=True, color=MUTED, linewidth=0.8)
    _name_ticks(ax, rows, columns)
    if queries * keys <= MOST_NUMBERS:
        _write_numbers(ax, shades.tolist(), largest)
    if title is not None:
        written = ax.set_title(title)
        if own:
            _widen_for(written, ax)
    return ax


def _check_labels(name: str, labels: Sequence[str] | None, things: str, number: int) -> None:
    if labels is not None and len(labels) != number:
        raise ValueError(f"{name} has {len(labels)} labels, but weights has {number} {things}")


def _fitting_axes(queries: int, keys: int, rows: Sequence[str] | None, title: str | None) -> Axes:
    cell = 0.52 if queries * keys <= MOST_NUMBERS else max(0.06, min(0.3, 6 / max(queries, keys)))
    beside = 0.6 + 0.09 * max((len(label) for label in rows or ()), default=2)
    width = max(2.4, keys * cell + beside, 0.6 + 0.1 * len(title or ""))
    _, ax = plt.subplots(figsize=(width, max(1.8, queries * cell + 1.3)))
    return ax


def _widen_for(title: Text, ax: Axes) -> None:
    """A long title over a narrow map makes the figure wider to the right: none is cut."""
    if _beyond_the_edge(title) > 0:
        ax.set_anchor("W")
        figure = _figure_of(title)
        figure.set_figwidth(figure.get_figwidth() + max(0.0, _beyond_the_edge(title)))


def _beyond_the_edge(title: Text) -> float:
    """How many inches a title lacks on the right."""
    figure = _figure_of(title)
    figure.draw_without_rendering()
    return float(title.get_window_extent().x1 / figure.dpi) + 0.1 - figure.get_figwidth()


def _figure_of(title: Text) -> Figure:
    figure = title.get_figure(root=True)
    assert figure is not None
    return figure


def _name_ticks(ax: Axes, rows: Sequence[str] | None, columns: Sequence[str] | None) -> None:
    if columns is not None:
        turned = any(len(label) > 4 for label in columns)
        ax.set_xticks([place + 0.5 for place in range(len(columns))], columns)
        if turned:
            plt.setp(ax.get_xticklabels(), rotation=40, ha="left", rotation_mode="anchor")
    if rows is not None:
        ax.set_yticks([place + 0.5 for place in range(len(rows))], rows)


def _write_numbers(ax: Axes, shades: list[list[float]], largest: float) -> None:
    for row, line in enumerate(shades):
        for column, weight in enumerate(line):
            color = CARD if weight > 0.5 * largest else INK
            place = (column + 0.5, row + 0.5)
            ax.text(*place, f"{weight:.2f}", ha="center", va="center", size=9, color=color)
