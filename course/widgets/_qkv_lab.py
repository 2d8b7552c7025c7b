"""The query, key, value lab: move small vectors and watch every number of attention change."""

from collections.abc import Sequence

import ipywidgets
import torch
import traitlets

from attnlib import Attended, attention
from attnlib.scores import dot, scaled_dot
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import two_planes

WORDS = ("cat", "sat", "on", "mat")
Vectors = Sequence[Sequence[float]]

# Chosen so that each word looks at another: cat → sat, sat → cat, on → mat, mat → on.
QUERY: Vectors = ((0.5, 2.0), (2.0, -0.5), (1.0, -2.0), (-1.5, -0.5))
KEY: Vectors = ((1.5, 0.5), (-0.5, 1.5), (-1.0, -1.0), (0.5, -1.5))
VALUE: Vectors = ((0.5, 1.5), (-1.5, 1.0), (-1.0, -1.0), (1.5, -0.5))


class QKVLabView(View):
    """Arrows in two planes, and a table of every number from the query to the output."""

    _esm = module("qkv_lab.js")
    _css = style("qkv_lab.css")
    words: traitlets.List[str] = traitlets.List().tag(sync=True)
    query: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    key: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    value: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    token = traitlets.Int().tag(sync=True)
    scaled = traitlets.Bool().tag(sync=True)


def qkv_lab(word: str = "sat", scaled: bool = True) -> Panel:
    """Query, keys and values of four words as arrows to move; `word` is the one whose query asks.

    Where the reader has moved them to stands in `lab.view.query`, `.key` and `.value`.
    Raises ValueError for a word that is not there.
    """
    if word not in WORDS:
        raise ValueError(f"word must be one of {WORDS}, got {word!r}")
    token = WORDS.index(word)
    view = QKVLabView(
        words=list(WORDS),
        query=[list(vector) for vector in QUERY],
        key=[list(vector) for vector in KEY],
        value=[list(vector) for vector in VALUE],
        token=token,
        scaled=scaled,
    )
    asking = ipywidgets.ToggleButtons(options=WORDS, value=word, description="the query of")
    division = ipywidgets.Checkbox(value=scaled, description="divide by √2", indent=False)
    ipywidgets.jslink((asking, "index"), (view, "token"))
    ipywidgets.jslink((division, "value"), (view, "scaled"))
    return Panel(
        [asking, division],
        view,
        still=still(word, scaled),
        call=f"qkv_lab({word=}, {scaled=})",
    )


def attend(query: Vectors, key: Vectors, value: Vectors, scaled: bool) -> Attended:
    """What the view computes in JavaScript, for all queries at once."""
    q, k, v = (torch.tensor(x, dtype=torch.float64)[None, None] for x in (query, key, value))
    return attention(q, k, v, score=scaled_dot if scaled else dot)


def still(word: str, scaled: bool) -> str:
    """The two planes as they stand before anything is moved."""
    token = WORDS.index(word)
    seen = attend(QUERY, KEY, VALUE, scaled)
    return two_planes(
        f"The query of “{word}” beside four keys; their values and the output",
        WORDS,
        QUERY[token],
        KEY,
        VALUE,
        seen.weights[0, 0, token].tolist(),
        seen.output[0, 0, token].tolist(),
    )
