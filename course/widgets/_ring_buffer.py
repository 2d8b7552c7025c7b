"""A ring of W places for a window of W tokens, and what a chunk finds in it."""

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, picture, text

TOKENS = 12
WIDEST, LONGEST = 6, 4


class RingBufferView(View):
    """The ring before and after a chunk, and per query of the chunk the keys it finds or misses."""

    _esm = module("ring_buffer.js")
    _css = style("ring_buffer.css")
    tokens = traitlets.Int().tag(sync=True)
    widest = traitlets.Int().tag(sync=True)
    longest = traitlets.Int().tag(sync=True)
    before = traitlets.Int().tag(sync=True)
    chunk = traitlets.Int().tag(sync=True)
    window = traitlets.Int().tag(sync=True)
    hasty = traitlets.Bool().tag(sync=True)


def ring_buffer(before: int = 5, chunk: int = 3, window: int = 4, hasty: bool = False) -> Panel:
    """A chunk of tokens comes to a ring buffer of as many places as the window is wide.

    `before`: tokens that came before the chunk. `hasty`: the chunk is written before its queries
    have looked, over keys that they still need. Raises ValueError for a number before outside
    0 … 8, a chunk outside 1 … 4 or a window outside 2 … 6.
    """
    check_range("before", before, 0, TOKENS - LONGEST)
    check_range("chunk", chunk, 1, LONGEST)
    check_range("window", window, 2, WIDEST)
    view = RingBufferView(
        tokens=TOKENS,
        widest=WIDEST,
        longest=LONGEST,
        before=before,
        chunk=chunk,
        window=window,
        hasty=hasty,
    )
    came = ipywidgets.IntSlider(
        min=0, max=TOKENS - LONGEST, value=before, description="tokens before"
    )
    size = ipywidgets.IntSlider(min=1, max=LONGEST, value=chunk, description="tokens in the chunk")
    width = ipywidgets.IntSlider(min=2, max=WIDEST, value=window, description="window")
    first = ipywidgets.Checkbox(value=hasty, description="write the chunk before it looks")
    ipywidgets.jslink((came, "value"), (view, "before"))
    ipywidgets.jslink((size, "value"), (view, "chunk"))
    ipywidgets.jslink((width, "value"), (view, "window"))
    ipywidgets.jslink((first, "value"), (view, "hasty"))
    return Panel(
        [came, size, width, first],
        view,
        still=_still(before, chunk, window, hasty),
        call=f"ring_buffer({before=}, {chunk=}, {window=}, {hasty=})",
    )


def wanted(query: int, window: int) -> range:
    """The tokens that a query looks at: itself and those before it in the window."""
    return range(max(0, query - window + 1), query + 1)


def found(before: int, chunk: int, window: int, hasty: bool) -> range:
    """The tokens whose keys are there when the chunk's queries look."""
    end = before + chunk
    return range(max(0, end - window if hasty else before - window + 1), end)


def _still(before: int, chunk: int, window: int, hasty: bool) -> str:
    """A line per query: the keys it finds, and those it misses."""
    there = found(before, chunk, window, hasty)
    parts = [text(150, 16, "Which keys the queries of a chunk find", anchor="middle")]
    for line, query in enumerate(range(before, before + chunk)):
        seen = [str(key) for key in wanted(query, window) if key in there]
        gone = [str(key) for key in wanted(query, window) if key not in there]
        told = f"query {query}: keys {', '.join(seen) or 'none'}"
        parts.append(text(20, 44 + 20 * line, told, COLORS["query"]))
        parts.append(text(190, 44 + 20 * line, f"lost: {', '.join(gone)}" if gone else ""))
    return picture("Which keys the queries of a chunk find", 300, 52 + 20 * chunk, parts)
