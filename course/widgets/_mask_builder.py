"""A mask builder: rules combined, cells painted, who sees whom, and whether the future leaks."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

import ipywidgets
import torch
import traitlets
from jaxtyping import Bool
from torch import Tensor

from attnlib import masks
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

WORDS = ("the", "cat", "sat", ".", "a", "dog", "slept", ".")
DOCUMENTS = (0, 0, 0, 0, 1, 1, 1, 1)
LENGTH = len(WORDS)


class MaskBuilderView(View):
    """A grid of cells to paint, the rule in code, and the verdict of the leak test."""

    _esm = module("mask_builder.js")
    _css = style("mask_builder.css")
    words: traitlets.List[str] = traitlets.List().tag(sync=True)
    documents: traitlets.List[int] = traitlets.List().tag(sync=True)
    causal = traitlets.Bool().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    prefix = traitlets.Int().tag(sync=True)
    hidden = traitlets.Int().tag(sync=True)
    apart = traitlets.Bool().tag(sync=True)
    joined = traitlets.Int().tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    painted: traitlets.List[int] = traitlets.List().tag(sync=True)
    joined_display = traitlets.Unicode().tag(sync=True)  # of the choice that two rules need


def mask_builder(
    causal: bool = True,
    width: int = 0,
    layers: int = 1,
    *,
    apart: bool = False,
    painted: Sequence[tuple[int, int]] = (),
) -> Panel:
    """Masks of eight words in two sentences: rules joined by & or |, and cells changed by hand.

    `width` of the window, 0 for none; `layers` in which what one word sees reaches the next;
    `apart` keeps the sentences apart; `painted` has the query and the key, from 0, of each cell
    changed at the start. Raises ValueError for a width outside 0 … 7, layers outside 1 … 4 or a
    painted cell that is not there.
    """
    check_range("width", width, 0, LENGTH - 1)
    check_range("layers", layers, 1, 4)
    for query, key in painted:
        check_range("the query of a painted cell", query, 0, LENGTH - 1)
        check_range("the key of a painted cell", key, 0, LENGTH - 1)
    rules: list[masks.Mask] = [masks.Causal()] if causal else []
    rules += [masks.Window(width)] if width else []
    rules += [masks.Document(torch.tensor(DOCUMENTS))] if apart else []
    view = MaskBuilderView(
        words=list(WORDS),
        documents=list(DOCUMENTS),
        causal=causal,
        width=width,
        layers=layers,
        apart=apart,
        painted=[LENGTH * query + key for query, key in painted],
        joined_display="" if len(rules) > 1 else "none",
    )
    off = [("off", 0)]
    counts = [(str(count), count) for count in range(1, LENGTH)]
    no_future = ipywidgets.Checkbox(value=causal, description="causal", indent=False)
    documents = ipywidgets.Checkbox(value=apart, description="separate documents", indent=False)
    window = ipywidgets.SelectionSlider(options=off + counts, value=width, description="window")
    prefix = ipywidgets.SelectionSlider(options=off + counts, value=0, description="prefix")
    padding = ipywidgets.SelectionSlider(
        options=off + counts, value=0, description="padding at the end"
    )
    joined = ipywidgets.ToggleButtons(
        options=["all must allow (&)", "one is enough (|)"], description="rules"
    )
    depth = ipywidgets.IntSlider(min=1, max=4, value=layers, description="layers")
    for control, name, trait in (
        (no_future, "value", "causal"),
        (documents, "value", "apart"),
        (window, "index", "width"),
        (prefix, "index", "prefix"),
        (padding, "index", "hidden"),
        (joined, "index", "joined"),
        (depth, "value", "layers"),
    ):
        ipywidgets.jslink((control, name), (view, trait))
    ipywidgets.jsdlink((view, "joined_display"), (joined.layout, "display"))
    allowed = allowed_by(rules, either=False)
    for query, key in painted:
        allowed[query, key] = ~allowed[query, key]
    return Panel(
        [window, prefix, padding, depth, no_future, documents, joined],
        view,
        still=still(allowed),
        call=f"mask_builder({causal=}, {width=}, {layers=}, {apart=}, {painted=})",
    )


def allowed_by(rules: Sequence[masks.Mask], *, either: bool) -> Bool[Tensor, "T T"]:
    """The rules joined by & or |; without any, everybody sees everybody."""
    if not rules:
        return torch.ones(LENGTH, LENGTH, dtype=torch.bool)
    return reduce(or_ if either else and_, rules).dense(LENGTH)[0, 0].clone()


def still(allowed: Bool[Tensor, "T T"]) -> str:
    """The grid as it stands before anything is moved."""
    left, top, step = 60, 40, 24
    parts = [text(180, 16, "Who may look at whom: a row is a query", anchor="middle")]
    for q, row in enumerate(allowed.tolist()):
        parts.append(text(left - 8, top + step * q + 15, WORDS[q], COLORS["query"], "end"))
        parts += [
            bar(left + step * k, top + step * q, 20, 20, COLORS["weight" if sees else "line"])
            for k, sees in enumerate(row)
        ]
    bottom = top + step * LENGTH
    parts += [
        text(left + step * k + 10, bottom + 14, word, COLORS["key"], "middle")
        for k, word in enumerate(WORDS)
    ]
    return picture("A mask of eight words", 360, bottom + 24, parts)
