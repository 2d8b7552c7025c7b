"""Recall curves: how many of the pairs written into a state are found again, by rule and size."""

from collections.abc import Sequence
from itertools import pairwise

import ipywidgets
import torch
import traitlets
from jaxtyping import Float, Int
from torch import Tensor

from attnlib import attention
from attnlib.linear import delta, retention
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, line, picture, text

SIZES = (4, 8, 16, 32, 64)
COUNTS = (1, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64)
RULES = ("softmax", "sum", "decay", "delta")
VALUES = 32
SHARP = 16.0
DRAWN = {"softmax": "weight", "sum": "key", "delta": "value"}  # of the still picture, its colors


class RecallCurvesView(View):
    """A curve per rule of the share of keys answered right, over the number of pairs."""

    _esm = module("recall_curves.js")
    _css = style("recall_curves.css")
    doublings = traitlets.Int().tag(sync=True)
    count = traitlets.Int().tag(sync=True)
    decay = traitlets.Float().tag(sync=True)
    twice = traitlets.Bool().tag(sync=True)
    orthogonal = traitlets.Bool().tag(sync=True)


def recall_curves(size: int = 16, pairs: int = 16, decay: float = 0.95) -> Panel:
    """Random pairs written into a state of D = `size` rows; the share of keys answered right.

    Rules: softmax over all pairs, the sum S ← S + k vᵀ, the same with a `decay` per pair, and the
    delta rule. Raises ValueError for a size or number of pairs that no slider reaches, or a decay
    outside 0.8 … 1.
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES}, got {size}")
    if pairs not in COUNTS:
        raise ValueError(f"pairs must be one of {COUNTS}, got {pairs}")
    check_range("decay", decay, 0.8, 1)
    view = RecallCurvesView(doublings=SIZES.index(size), count=COUNTS.index(pairs), decay=decay)
    sizes = ipywidgets.SelectionSlider(
        options=[(str(number), number) for number in SIZES], value=size, description="size D"
    )
    counts = ipywidgets.SelectionSlider(
        options=[(str(number), number) for number in COUNTS], value=pairs, description="pairs"
    )
    keep = ipywidgets.FloatSlider(
        min=0.8, max=1, step=0.01, value=decay, description="decay γ", readout_format=".2f"
    )
    twice = ipywidgets.Checkbox(value=False, description="each key told twice", indent=False)
    axes = ipywidgets.Checkbox(value=False, description="orthogonal keys", indent=False)
    for control, name, trait in (
        (sizes, "index", "doublings"),
        (counts, "index", "count"),
        (keep, "value", "decay"),
        (twice, "value", "twice"),
        (axes, "value", "orthogonal"),
    ):
        ipywidgets.jslink((control, name), (view, trait))
    return Panel(
        [sizes, counts, keep, twice, axes],
        view,
        still=still(size),
        call=f"recall_curves({size=}, {pairs=}, {decay=})",
    )


def recalled(
    rule: str, key: Float[Tensor, "P D"], value: Int[Tensor, " P"], decay: float
) -> Int[Tensor, " P"]:
    """What each key is answered after all pairs: what the view computes in JavaScript."""
    k = key[None, None]
    v = torch.nn.functional.one_hot(value, VALUES).to(key)[None, None]
    if rule == "softmax":
        return attention(k, k, v, scale=SHARP).output[0, 0].argmax(dim=-1)
    if rule == "delta":
        _, state = delta.recurrent(k, k, v, torch.ones_like(k[..., 0]))
    else:
        kept = torch.tensor([decay if rule == "decay" else 1.0], dtype=key.dtype)
        _, state = retention.recurrent(k, k, v, kept)
    return (k @ state)[0, 0].argmax(dim=-1)


def still(size: int) -> str:
    """Shares of one draw of keys, before anything is moved."""
    left, right, top, bottom = 46, 348, 34, 172

    def point(pairs: int, share: float) -> tuple[float, float]:
        return left + (pairs - 1) / 63 * (right - left), bottom - share * (bottom - top)

    title = f"Keys answered right, by pairs in a state of D = {size}"
    parts = [text(180, 16, title, anchor="middle")]
    for share in (0.0, 0.5, 1.0):
        y = point(1, share)[1]
        parts.append(line(left, y, right, y, COLORS["line"]))
        parts.append(text(left - 6, y + 4, f"{share:.0%}", COLORS["muted"], "end"))
    parts += [
        text(point(pairs, 0)[0], bottom + 18, str(pairs), COLORS["muted"], "middle")
        for pairs in (1, 16, 32, 48, 64)
    ]
    for place, (rule, color) in enumerate(DRAWN.items()):
        shares = zip(COUNTS, _shares(rule, size), strict=True)
        points = [point(pairs, share) for pairs, share in shares]
        parts += [line(*a, *b, COLORS[color], 2.5) for a, b in pairwise(points)]
        parts.append(text(left + 8, bottom - 40 + 16 * place, rule, COLORS[color]))
    return picture(title, 360, bottom + 28, parts)


def _shares(rule: str, size: int) -> Sequence[float]:
    source = torch.Generator().manual_seed(0)
    shares = []
    for pairs in COUNTS:
        key = torch.randn(8, pairs, size, generator=source, dtype=torch.float64)
        key = key / key.norm(dim=-1, keepdim=True)
        value = torch.randint(VALUES, (8, pairs), generator=source)
        found = torch.stack([recalled(rule, k, v, 1.0) for k, v in zip(key, value, strict=True)])
        shares.append((found == value).double().mean().item())
    return shares
