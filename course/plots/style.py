"""How figures look: one color per role, on a light card, legible on white and dark pages."""

from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from course.plots.rounding import rounded

QUERY, KEY, VALUE, WEIGHT = "#2563eb", "#b45309", "#047857", "#7c3aed"
INK, MUTED, LINE, CARD = "#1f2937", "#57606a", "#d5dae1", "#ffffff"

# White for a weight of 0, the color of weights for 1. Lightness falls evenly, so it also prints.
WEIGHTS = LinearSegmentedColormap.from_list(
    "attn-weights", ["#ffffff", "#c4b0f5", WEIGHT, "#3b1a7a"]
)

SETTINGS: dict[Any, Any] = {
    "figure.facecolor": CARD,
    "figure.figsize": (6.0, 3.6),
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "savefig.facecolor": CARD,
    "axes.facecolor": CARD,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=[WEIGHT, KEY, VALUE, QUERY, MUTED]),
    "grid.color": LINE,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 2.0,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],  # of equal widths; every system has one of them
    "svg.fonttype": "none",  # text stays text: sharp, selectable and the same on every machine
    "svg.hashsalt": "attnlib",  # without it every run names its clip paths anew
}


def use_style() -> None:
    """Sets the style of all figures that follow; in a notebook they are SVG, the same each run."""
    mpl.rcParams.update(SETTINGS)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)
        formatter = shell.display_formatter.formatters["image/svg+xml"]
        drawn = formatter.for_type(Figure, None)
        formatter.for_type(Figure, lambda figure: rounded(drawn(figure)))
