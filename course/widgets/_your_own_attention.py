"""Your own attention: a reader's words, every choice of the equation, every number traced."""

from collections.abc import Sequence

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib import attention
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.own_vectors import (
    MOST_HEADS,
    MOST_SIZE,
    MOST_WORDS,
    drawn_vectors,
    packed,
    trained_vectors,
)
from course.widgets.panel import Panel, View
from course.widgets.still import weight_bars

TEXT = "the cat sat on the mat"
SOURCES = ("by hand", "from the translator")
SCORES = (
    "dot: q · k",
    "scaled dot: q · k / √D",
    "cosine: q · k / (‖q‖ ‖k‖)",
    "distance: −‖q − k‖² / 2",
    "additive: Σ tanh(q + k)",
)
MASKS = ("none", "causal", "window", "hide words")
NORMALIZERS = ("softmax", "sparsemax", "sigmoid", "hard")
WINDOW = 2
COLDEST, HOTTEST = -1, 1  # powers of ten


class YourOwnAttentionView(View):
    """Words that ask, the table of their numbers, the formula lit, and the vectors behind them."""

    _esm = module("your_own_attention.js")
    _css = style("words.css", "your_own_attention.css")
    text = traitlets.Unicode().tag(sync=True)
    source = traitlets.Int().tag(sync=True)
    score = traitlets.Int().tag(sync=True)
    mask = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    hidden: traitlets.List[int] = traitlets.List().tag(sync=True)
    normalizer = traitlets.Int().tag(sync=True)
    temperature = traitlets.Float().tag(sync=True)
    heads = traitlets.Int().tag(sync=True)
    size = traitlets.Int().tag(sync=True)
    word = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    chosen: traitlets.List[int] = traitlets.List().tag(sync=True)
    edits: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    table_words: traitlets.List[str] = traitlets.List().tag(sync=True)
    table = traitlets.Unicode().tag(sync=True)
    width_display = traitlets.Unicode("none").tag(sync=True)
    temperature_display = traitlets.Unicode("").tag(sync=True)


def your_own_attention(
    text: str = TEXT, *, heads: int = 1, size: int = 3, word: int = 1, trained: bool = False
) -> Panel:
    """Type up to twelve words, choose every part of the equation, and trace each number.

    A word has a query, a key and a value of `size` numbers in each of the `heads`, drawn from its
    letters and moved by hand, or, `trained`, those of the translator's first layer in its strongest
    directions. `word` is the one whose query asks, from 0. `panel.view.edits` holds the numbers
    that a reader has moved. Raises ValueError for more or fewer words and for what no control
    reaches.
    """
    words = text.split()
    check_range("the number of words", len(words), 1, MOST_WORDS)
    check_range("heads", heads, 1, MOST_HEADS)
    check_range("size", size, 2, MOST_SIZE)
    check_range("word", word, 0, len(words) - 1)
    known, table = trained_vectors()
    view = YourOwnAttentionView(
        text=text,
        source=int(trained),
        score=1,
        width=WINDOW,
        hidden=[0],
        temperature=1.0,
        heads=heads,
        size=size,
        word=word,
        chosen=[1, 0, 0],
        table_words=known,
        table=packed(table),
    )
    *controls, size_slider = _controls(view)
    weights = looks(words, heads, size, trained)[0, word].tolist()
    return Panel(
        controls,
        view,
        more=[size_slider],
        still=weight_bars(f"Where “{words[word]}” looks", words, weights),
        call=f"your_own_attention({text!r}, {heads=}, {size=}, {word=}, {trained=})",
    )


def _controls(view: YourOwnAttentionView) -> list[ipywidgets.Widget]:
    """Words first, the size of the vectors last."""
    text = ipywidgets.Text(value=view.text, description="your words, up to 12")
    source = ipywidgets.ToggleButtons(
        options=SOURCES, index=view.source, description="their vectors"
    )
    score = ipywidgets.Dropdown(options=SCORES, index=view.score, description="score")
    mask = ipywidgets.Dropdown(options=MASKS, description="mask")
    width = ipywidgets.IntSlider(value=view.width, min=1, max=6, description="window")
    normalizer = ipywidgets.Dropdown(options=NORMALIZERS, description="weights by")
    temperature = ipywidgets.FloatLogSlider(
        value=1, min=COLDEST, max=HOTTEST, step=0.1, description="temperature", readout_format=".2f"
    )
    heads = ipywidgets.IntSlider(value=view.heads, min=1, max=MOST_HEADS, description="heads")
    size = ipywidgets.IntSlider(
        value=view.size, min=2, max=MOST_SIZE, description="numbers per vector"
    )
    for control, name, trait in (
        (text, "value", "text"),
        (source, "index", "source"),
        (score, "index", "score"),
        (mask, "index", "mask"),
        (width, "value", "width"),
        (normalizer, "index", "normalizer"),
        (temperature, "value", "temperature"),
        (heads, "value", "heads"),
        (size, "value", "size"),
    ):
        ipywidgets.jslink((control, name), (view, trait))
    for control, display in ((width, "width_display"), (temperature, "temperature_display")):
        ipywidgets.jsdlink((view, display), (control.layout, "display"))
    width.layout.display = "none"
    return [text, source, score, mask, width, normalizer, temperature, heads, size]


def vectors_of(
    words: Sequence[str], heads: int, size: int, trained: bool
) -> tuple[Float[Tensor, "1 H T D"], ...]:
    """Query, key and value of the words, as the view has them before anything is moved."""
    if not trained:
        return drawn_vectors(words, heads, size)
    known, table = trained_vectors()
    nothing = torch.zeros_like(table[0])
    rows = [table[known.index(word)] if word in known else nothing for word in words]
    numbers = torch.stack(rows).permute(2, 1, 0, 3)[:, :heads, :, :size]
    return tuple(kind[None] for kind in numbers)


def looks(words: Sequence[str], heads: int, size: int, trained: bool) -> Float[Tensor, "H T T"]:
    """The weights that the view shows before anything is chosen, by attnlib."""
    return attention(*vectors_of(words, heads, size, trained)).weights[0]
