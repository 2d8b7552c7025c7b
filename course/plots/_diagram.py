"""Line diagrams: boxes, arrows and labels, of which every word must fit.

    diagram = Diagram("A network that reads", height=1.5)
    word = diagram.label((0.5, 0.3), "the", color=KEY)
    state = diagram.box((0.5, 0.9), "h₁", width=0.5, color=KEY)
    diagram.arrow(word.top, state.bottom)
    return diagram.figure()

Places and sizes are in inches from the bottom left. No diagram is wider than WIDTH and no letter
smaller than SMALLEST, so that a telephone shows it legibly. The figure is an SVG like the other
plots, on their card, and has its alternative text where theirs stand: in its cell's metadata.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from course.plots.style import CARD, INK, KEY, LINE, MUTED, QUERY, VALUE, WEIGHT

WIDTH = 4.6  # inches: 390 pixels of a telephone shrink it by less than a quarter
SMALLEST = 10  # points
TITLE = 12
MARGIN = 0.06  # inches between a word and the edge of its box, or of the figure
TINTS = {
    QUERY: "#e3ebfd", KEY: "#fbeedd", VALUE: "#ddf3eb", WEIGHT: "#ede7fd", INK: "#e2e8f0",
    MUTED: "#f7f8fa", LINE: CARD,
}  # fmt: skip

Point = tuple[float, float]


@dataclass(frozen=True)
class Part:
    """A box or a label: where arrows may leave or reach it."""

    center: Point
    width: float
    height: float

    @property
    def left(self) -> Point:
        return self.center[0] - self.width / 2, self.center[1]

    @property
    def right(self) -> Point:
        return self.center[0] + self.width / 2, self.center[1]

    @property
    def top(self) -> Point:
        return self.center[0], self.center[1] + self.height / 2

    @property
    def bottom(self) -> Point:
        return self.center[0], self.center[1] - self.height / 2


class Diagram:
    """An empty diagram with its title. Raises ValueError when it is wider than WIDTH."""

    def __init__(self, title: str, *, height: float, width: float = WIDTH) -> None:
        if width > WIDTH:
            raise ValueError(f"width must be at most {WIDTH} inches, got {width}")
        self.size = width, height
        self._figure = plt.figure(figsize=self.size, layout="none")
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, width), ylim=(0, height))
        self._axes.set_axis_off()
        self._words: list[tuple[str, Bbox]] = []
        self._boxes: list[tuple[str, Part]] = []
        text = self._axes.text(
            MARGIN, height - MARGIN, title, ha="left", va="top", size=TITLE, weight="bold"
        )
        self._keep(text)

    def box(
        self, center: Point, words: str, *, width: float, height: float = 0.36, color: str = INK
    ) -> Part:
        """A rounded box. Raises ValueError when its words are too wide or too high for it."""
        part = Part(center, width, height)
        shape = FancyBboxPatch(
            (part.left[0], part.bottom[1]), width, height, linewidth=1.2, edgecolor=color,
            boxstyle="round,pad=0,rounding_size=0.06", facecolor=TINTS[color],
        )  # fmt: skip
        self._axes.add_patch(shape)
        text = self._axes.text(*center, words, ha="center", va="center", size=SMALLEST, color=INK)
        extent = self._keep(text)
        for side, needed, given in (
            ("wide", extent.width + 2 * MARGIN, width),
            ("high", extent.height, height),
        ):
            if needed > given:
                raise ValueError(
                    f"words {words!r} need a box {needed:.2f} inches {side}, got {given:.2f}"
                )
        self._boxes.append((words, part))
        return part

    def label(
        self,
        center: Point,
        words: str,
        *,
        color: str = INK,
        size: float = SMALLEST,
        bold: bool = False,
    ) -> Part:
        """Words by themselves. Raises ValueError when they are too small or leave the figure."""
        if size < SMALLEST:
            raise ValueError(f"size must be at least {SMALLEST} points, got {size}")
        weight = "bold" if bold else "normal"
        text = self._axes.text(
            *center, words, ha="center", va="center", size=size, color=color, weight=weight
        )
        extent = self._keep(text)
        return Part(center, extent.width + MARGIN, extent.height + MARGIN)

    def arrow(
        self,
        tail: Point,
        tip: Point,
        *,
        color: str = INK,
        thickness: float = 1.4,
        dashed: bool = False,
        bend: float = 0.0,
    ) -> None:
        """A line with a head at its tip; `bend` curves it to the left (or right, below 0)."""
        style = {
            "arrowstyle": "->,head_length=0.35,head_width=0.2", "color": color, "shrinkA": 0,
            "shrinkB": 0, "linewidth": thickness, "linestyle": "--" if dashed else "-",
            "connectionstyle": f"arc3,rad={bend}",
        }  # fmt: skip
        self._axes.annotate("", xy=tip, xytext=tail, arrowprops=style)

    def path(self, points: Sequence[Point], *, color: str = INK, thickness: float = 1.4) -> None:
        """Straight pieces from point to point, with a head at the last."""
        xs, ys = zip(*points[:-1], strict=True)
        self._axes.plot(xs, ys, color=color, linewidth=thickness, solid_capstyle="butt")
        self.arrow(points[-2], points[-1], color=color, thickness=thickness)

    def frame(self, left: float, bottom: float, right: float, top: float) -> None:
        """A faint dashed frame around parts that belong together."""
        shape = FancyBboxPatch(
            (left, bottom), right - left, top - bottom, fill=False, edgecolor=MUTED,
            boxstyle="round,pad=0,rounding_size=0.08", linestyle="--", linewidth=0.9,
        )  # fmt: skip
        self._axes.add_patch(shape)

    def figure(self) -> Figure:
        """The finished figure. Raises ValueError when words overlap others, or another's box."""
        for (one, here), (other, there) in combinations(self._words, 2):
            if here.overlaps(there):
                raise ValueError(f"words {one!r} and {other!r} overlap")
        for words, extent in self._words:
            for inside, part in self._boxes:
                (x, y), (right, top) = (part.left[0], part.bottom[1]), (part.right[0], part.top[1])
                if words != inside and extent.overlaps(Bbox.from_extents(x, y, right, top)):
                    raise ValueError(f"words {words!r} overlap the box of {inside!r}")
        return self._figure

    def _keep(self, text: Text) -> Bbox:
        """Where the words stand, in inches; they must stand inside the figure."""
        pixels = text.get_window_extent(FigureCanvasAgg(self._figure).get_renderer())
        extent = pixels.transformed(self._figure.dpi_scale_trans.inverted())
        words, (width, height) = text.get_text(), self.size
        if extent.x0 < 0 or extent.y0 < 0 or extent.x1 > width or extent.y1 > height:
            raise ValueError(f"words {words!r} do not fit the figure of {width} × {height} inches")
        self._words.append((words, extent))
        return extent
