"""The query, key, value lab: move small vectors and watch every number of attention change."""

from collections.abc import Sequence

import ipywidgets
import torch
import traitlets
from torch import Tensor

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


def qkv_lab(
    word: str = "sat",
    scaled: bool = True,
    *,
    words: Sequence[str] = WORDS,
    query: Vectors | Tensor = QUERY,
    key: Vectors | Tensor = KEY,
    value: Vectors | Tensor = VALUE,
) -> Panel:
    """Query, keys and values of some words as arrows to move; `word` is the one whose query asks.

    Each of `query`, `key` and `value` has a vector of two numbers per word. Where the reader has
    moved them to stands in `lab.view.query`, `.key` and `.value`. Raises ValueError for a word that
    is not there, or vectors that are not two numbers for each word.
    """
    words = tuple(words)
    if word not in words:
        raise ValueError(f"word must be one of {words}, got {word!r}")
    start = {"query": _pairs("query", query), "key": _pairs("key", key)}
    start["value"] = _pairs("value", value)
    for name, vectors in start.items():
        if len(vectors) != len(words):
            raise ValueError(f"{name} has {len(vectors)} vectors, but there are {len(words)} words")
    token = words.index(word)
    view = QKVLabView(words=list(words), token=token, scaled=scaled, **start)
    asking = ipywidgets.ToggleButtons(options=words, value=word, description="the query of")
    division = ipywidgets.Checkbox(value=scaled, description="divide by √2", indent=False)
    ipywidgets.jslink((asking, "index"), (view, "token"))
    ipywidgets.jslink((division, "value"), (view, "scaled"))
    return Panel(
        [asking, division],
        view,
        still=still(words, token, scaled, **start),
        call=f"qkv_lab({word=}, {scaled=})",
    )


def _pairs(name: str, vectors: Vectors | Tensor) -> list[list[float]]:
    pairs = torch.as_tensor(vectors, dtype=torch.float64)
    if pairs.dim() != 2 or pairs.shape[1] != 2:
        raise ValueError(f"{name} must have two numbers per word, got shape {tuple(pairs.shape)}")
    found: list[list[float]] = pairs.tolist()
    return found


def attend(query: Vectors, key: Vectors, value: Vectors, scaled: bool) -> Attended:
    """What the view computes in JavaScript, for all queries at once."""
    q, k, v = (torch.tensor(x, dtype=torch.float64)[None, None] for x in (query, key, value))
    return attention(q, k, v, score=scaled_dot if scaled else dot)


def still(
    words: Sequence[str],
    token: int,
    scaled: bool,
    *,
    query: Vectors,
    key: Vectors,
    value: Vectors,
) -> str:
    """The two planes as they stand before anything is moved."""
    seen = attend(query, key, value, scaled)
    return two_planes(
        f"The query of “{words[token]}” beside {len(words)} keys; their values and the output",
        words,
        query[token],
        key,
        value,
        seen.weights[0, 0, token].tolist(),
        seen.output[0, 0, token].tolist(),
    )
