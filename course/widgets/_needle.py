"""A needle moved along the text: which of the small networks of chapter 16 still find it."""

from functools import cache

import ipywidgets
import traitlets

from course.measurements import stored
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

LENGTHS = (64, 128, 256, 512)
PARTS = 16


class NeedleView(View):
    """A text with the needle in it, and a bar per network."""

    _esm = module("needle.js")
    _css = style("needle.css")
    part = traitlets.Int().tag(sync=True)
    tokens = traitlets.Int().tag(sync=True)
    lengths: "traitlets.List[int]" = traitlets.List().tag(sync=True)
    found: "traitlets.Dict[str, list[list[int]]]" = traitlets.Dict().tag(sync=True)


def needle(part: int = 4, tokens: int = 512) -> Panel:
    """How many of a hundred needles in one part of the text are found, by measured networks.

    `part` is one of 16, from the start; `tokens` the length of the text. The networks were trained
    on 64 tokens, five of each kind. Raises ValueError for a part or a length that is not offered.
    """
    check_range("part", part, 0, PARTS - 1)
    if tokens not in LENGTHS:
        raise ValueError(f"tokens must be one of {LENGTHS}, got {tokens}")
    view = NeedleView(
        part=part, tokens=LENGTHS.index(tokens), lengths=list(LENGTHS), found=measured()
    )
    where = ipywidgets.IntSlider(min=0, max=PARTS - 1, value=part, description="needle in part")
    long = ipywidgets.SelectionSlider(
        options=[str(length) for length in LENGTHS],
        index=LENGTHS.index(tokens),
        description="tokens",
    )
    ipywidgets.jslink((where, "value"), (view, "part"))
    ipywidgets.jslink((long, "index"), (view, "tokens"))
    return Panel([where, long], view, still=still(part, tokens), call=f"needle({part=}, {tokens=})")


@cache
def measured() -> dict[str, list[list[int]]]:
    """Percent found, by network, length and part of the text, as stored for chapter 16."""
    by_part = stored(16)[1]
    found: dict[str, list[list[int]]] = {}
    for name, _, *shares in by_part.rows:
        found.setdefault(str(name), []).append([round(100 * float(share)) for share in shares])
    return found


def still(part: int, tokens: int) -> str:
    """The bars as they stand before anything is moved."""
    title = f"Needles found in part {part} of {PARTS}, {tokens} tokens"
    parts = [text(180, 16, title, anchor="middle")]
    for row, (name, shares) in enumerate(measured().items()):
        y, share = 28 + 22 * row, shares[LENGTHS.index(tokens)][part]
        parts += [
            text(160, y + 14, name, anchor="end"),
            bar(168, y + 2, max(1, 1.4 * share), 15, COLORS["weight"]),
            text(354, y + 14, f"{share} %", anchor="end"),
        ]
    return picture(title, 360, 36 + 22 * len(measured()), parts)
