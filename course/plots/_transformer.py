"""The whole Transformer on one page, read from the bottom up (Vaswani et al., 2017, figure 1)."""

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from course.plots.style import INK, KEY, LINE, MUTED, QUERY, WEIGHT

WIDTH, NORM, HEIGHT = 3.4, 0.34, 0.62  # of a box: its width, the height of a norm and of a sublayer
ENCODER, DECODER = 2.3, 6.9  # the middles of the two columns
TINTS = {WEIGHT: "#ede7fd", INK: "#e2e8f0", MUTED: "#f7f8fa"}


def transformer() -> Figure:
    """Encoder and decoder with every sublayer, its residual path and its norm, after 2017."""
    figure, axes = plt.subplots(figsize=(5.2, 5.4))
    axes.set_xlim(0, 9.4)
    axes.set_ylim(0, 8.7)
    axes.set_axis_off()
    memory = _stack(axes, ENCODER, "encoder", ["self-attention", "feed forward"])
    top = _stack(
        axes, DECODER, "decoder", ["causal self-attention", "cross-attention", "feed forward"]
    )
    _box(axes, DECODER, top + 0.45, HEIGHT, "embedding table again", MUTED)
    _arrow(axes, (DECODER, top), (DECODER, top + 0.45))
    _arrow(axes, (DECODER, top + 0.45 + HEIGHT), (DECODER, top + 1.55))
    axes.text(DECODER, top + 1.65, "a logit for each next word", ha="center", color=QUERY)
    cross = 4.21  # the middle of the cross-attention's box
    bend = (ENCODER + DECODER) / 2
    axes.plot(
        [ENCODER, ENCODER, bend, bend], [memory, memory + 0.4, memory + 0.4, cross], color=KEY
    )
    _arrow(axes, (bend, cross), (DECODER - WIDTH / 2, cross), KEY)
    axes.text(ENCODER, memory + 0.55, "keys and values", ha="center", color=KEY)
    axes.set_title("Attention moves, the rest works word by word")
    return figure


def _stack(axes: Axes, x: float, name: str, sublayers: list[str]) -> float:
    """One column from its words upward; returns where it ends."""
    words = "English words" if name == "encoder" else "French words so far"
    axes.text(x, 0.1, words, ha="center", color=KEY if name == "encoder" else QUERY)
    _arrow(axes, (x, 0.4), (x, 0.7))
    _box(axes, x, 0.7, HEIGHT, "embedding + position", MUTED)
    y = 0.7 + HEIGHT
    first = y + 0.28
    for sublayer in sublayers:
        color = INK if sublayer == "feed forward" else WEIGHT
        _arrow(axes, (x, y), (x, y + 0.75))
        _box(axes, x, y + 0.75, HEIGHT, sublayer, color)
        _box(axes, x, y + 0.75 + HEIGHT + 0.12, NORM, "add, then norm", MUTED)
        _residual(axes, x, y + 0.5, y + 0.75 + HEIGHT + 0.12 + NORM / 2)
        y += 0.75 + HEIGHT + 0.12 + NORM
    frame = FancyBboxPatch(
        (x - 2.15, first), 4.3, y + 0.15 - first, boxstyle="round,pad=0,rounding_size=0.15",
        fill=False, edgecolor=LINE, linestyle="--",
    )  # fmt: skip
    axes.add_patch(frame)
    axes.text(x - 2.1, y + 0.25, "× N", color=MUTED)
    return y


def _box(axes: Axes, x: float, y: float, height: float, words: str, color: str) -> None:
    shape = "round,pad=0,rounding_size=0.1"
    axes.add_patch(
        FancyBboxPatch(
            (x - WIDTH / 2, y),
            WIDTH,
            height,
            boxstyle=shape,
            facecolor=TINTS[color],
            edgecolor=color,
        )
    )
    size = 9 if height == NORM else 10
    axes.text(x, y + height / 2, words, ha="center", va="center_baseline", color=INK, fontsize=size)


def _residual(axes: Axes, x: float, low: float, high: float) -> None:
    """The copy of x that goes around the sublayer."""
    side = x + WIDTH / 2 + 0.25
    axes.plot([x, side, side], [low, low, high], color=INK)
    _arrow(axes, (side, high), (x + WIDTH / 2, high))


def _arrow(
    axes: Axes, tail: tuple[float, float], tip: tuple[float, float], color: str = INK
) -> None:
    style = {"arrowstyle": "->", "color": color, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.6}
    axes.annotate("", xy=tip, xytext=tail, arrowprops=style)
