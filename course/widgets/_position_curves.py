"""Position curves: what five schemes say about a key so many places back."""

from collections.abc import Sequence
from itertools import pairwise

import ipywidgets
import torch
import traitlets

from attnlib.models import position_schemes
from attnlib.positions import alibi, sinusoidal
from attnlib.positions.rotary import rotate
from attnlib.positions.t5_buckets import bucket
from attnlib.scores import scaled_dot
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, line, picture, text

SCHEMES = ("none", "sinusoidal", "T5 buckets", "ALiBi", "RoPE")
HEADS = (1, 2, 4, 8, 16)
FARTHEST = 60
PAIRS, ARROW = 4, 3.0  # of RoPE: each query and key has one arrow of that length, in its own pair
LONGEST = position_schemes.LONGEST_DISTANCE
# What `positions_next_word_bucketed` learned: (buckets, heads), to two decimals.
TRAINED_BUCKETS: list[list[float]] = [
    [0.51, 0.49, 0.38, 0.41],
    [1.14, 1.02, 1.03, 0.97],
    [0.52, 0.76, 0.71, 0.76],
    [0.19, 0.47, 0.0, 0.54],
    [-0.55, -0.06, -0.49, -0.16],
    [-0.75, -0.69, -0.7, -0.68],
    [-0.87, -0.78, -0.73, -0.86],
    [0.03, 0.03, 0.02, -0.02],
    [-0.01, 0.0, -0.01, 0.0],
    [-0.92, -0.84, -0.69, -0.91],
    [0.0, 0.02, -0.01, 0.0],
    [-1.19, -1.12, -1.16, -1.17],
]


class PositionCurvesView(View):
    """Two charts over the distance: what the score gets, and the weights of equal words."""

    _esm = module("position_curves.js")
    _css = style("position_curves.css")
    scheme = traitlets.Int().tag(sync=True)
    doublings = traitlets.Int().tag(sync=True)
    table: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    longest = traitlets.Int(LONGEST).tag(sync=True)
    heads_display = traitlets.Unicode().tag(sync=True)  # of the slider that only ALiBi has


def position_curves(scheme: str = "ALiBi", heads: int = 4) -> Panel:
    """Score and weight of a key 0 … 60 places back, by scheme; `heads` are those of ALiBi.

    Raises ValueError for an unknown scheme or a number of heads that is not 1, 2, 4, 8 or 16.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {SCHEMES}, got {scheme!r}")
    if heads not in HEADS:
        raise ValueError(f"heads must be one of {HEADS}, got {heads}")
    view = PositionCurvesView(
        scheme=SCHEMES.index(scheme),
        doublings=HEADS.index(heads),
        table=TRAINED_BUCKETS,
        heads_display="" if scheme == "ALiBi" else "none",
    )
    schemes = ipywidgets.ToggleButtons(options=SCHEMES, value=scheme, description="scheme")
    counts = ipywidgets.SelectionSlider(
        options=[(str(count), count) for count in HEADS], value=heads, description="heads of ALiBi"
    )
    ipywidgets.jslink((schemes, "index"), (view, "scheme"))
    ipywidgets.jslink((counts, "index"), (view, "doublings"))
    ipywidgets.jsdlink((view, "heads_display"), (counts.layout, "display"))
    return Panel(
        [schemes, counts],
        view,
        still=still(scheme, heads),
        call=f"position_curves({scheme=}, {heads=})",
    )


def curves(scheme: str, heads: int) -> list[list[float]]:
    """For each head, or pair, what a key gets at the distances 0 … 60: as the view computes it."""
    length = FARTHEST + 1
    if scheme == "ALiBi":
        return alibi(heads, 1, length, dtype=torch.float64)[0, :, 0].flip(-1).tolist()
    if scheme == "T5 buckets":
        table = torch.tensor(TRAINED_BUCKETS, dtype=torch.float64)
        index = bucket(torch.arange(length)[None], len(table), longest=LONGEST, causal=True)[0]
        return table[index].T.tolist()
    if scheme == "none":
        return [[0.0] * length]
    if scheme == "sinusoidal":
        states = sinusoidal(length, 64, dtype=torch.float64)[None, None]
    else:
        arrows = ARROW * torch.eye(2 * PAIRS, dtype=torch.float64)[::2]  # (pairs, D)
        states = arrows[None, :, None].expand(-1, -1, length, -1)
        states = rotate(states, torch.arange(length), pairing="interleaved")
    return scaled_dot(states[:, :, :1], states)[0, :, 0].tolist()


def still(scheme: str, heads: int) -> str:
    """The first chart as it stands before anything is moved."""
    lines = curves(scheme, heads)
    title = f"What the score gets from {scheme}, by distance"
    return picture(title, 360, 204, [text(180, 16, title, anchor="middle"), *_drawn(lines)])


def _drawn(lines: Sequence[Sequence[float]]) -> list[str]:
    left, right, top, bottom = 44, 348, 32, 168
    low = min(0.0, *map(min, lines))
    high = max(0.0 if low < -1 else 0.02, *map(max, lines))

    def point(away: int, value: float) -> tuple[float, float]:
        across = left + away / FARTHEST * (right - left)
        return across, bottom - (value - low) / (high - low) * (bottom - top)

    parts = [line(*point(0, 0), *point(FARTHEST, 0), COLORS["line"])]
    for values in lines:
        points = [point(away, value) for away, value in enumerate(values)]
        parts += [line(*a, *b, COLORS["weight"], 2) for a, b in pairwise(points[::2])]
    for away in (0, FARTHEST):
        place = point(away, low)[0]
        parts.append(text(place, bottom + 20, f"{away} back", COLORS["muted"], "middle"))
    return parts
