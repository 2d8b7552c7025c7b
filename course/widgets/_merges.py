"""Merges: how a text is cut into pieces, by the number of pairs that were joined."""

import ipywidgets
import traitlets

from course.data.byte_pair import BytePairs
from course.language.writer import load
from course.widgets import still as drawing
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View

CHECKPOINT = "gpt_pieces"
TEXT = "O Romeo, wherefore art thou unfathomable to the cat?"
COUNTS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 400, 700, 1000)


class MergesView(View):
    """The text in pieces, and the pair that was joined last."""

    _esm = module("merges.js")
    _css = style("merges.css")
    characters = traitlets.Unicode().tag(sync=True)
    merges: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    counts: traitlets.List[int] = traitlets.List().tag(sync=True)
    count = traitlets.Int().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)


def merges(count: int = 20, text: str = TEXT) -> Panel:
    """Byte pairs at work: a text, cut with the first `count` of the GPT's thousand merges.

    Raises ValueError for a count that is not 0, 1, 2, 3, 5, 10, … 1000.
    """
    if count not in COUNTS:
        raise ValueError(f"count must be one of {COUNTS}, got {count}")
    tokenizer = load(CHECKPOINT).tokenizer
    number = tokenizer.number
    view = MergesView(
        characters=tokenizer.characters,
        merges=[[number[left], number[right]] for left, right in tokenizer.merges],
        counts=list(COUNTS),
        count=COUNTS.index(count),
        text=text,
    )
    slider = ipywidgets.SelectionSlider(
        options=[f"{one:,}" for one in COUNTS], index=view.count, description="merges"
    )
    field = ipywidgets.Text(value=text, description="a text of yours")
    ipywidgets.jslink((slider, "index"), (view, "count"))
    ipywidgets.jslink((field, "value"), (view, "text"))
    return Panel(
        [slider, field],
        view,
        still=still(pieces_of(tokenizer, count, text)),
        call=f"merges({count=})",
    )


def pieces_of(tokenizer: BytePairs, count: int, text: str) -> list[str]:
    """The text's pieces with the first `count` merges: what the view computes in JavaScript."""
    some = BytePairs(tokenizer.characters, tokenizer.merges[:count])
    return [some.pieces[number] for number in some.encode(text)]


def still(pieces: list[str]) -> str:
    """The pieces one after the other, as they stand before anything is moved."""
    parts, x, y = [], 8.0, 44.0
    for piece in pieces:
        width = 9.0 * len(piece) + 6
        if x + width > 352:
            x, y = 8.0, y + 26
        parts.append(drawing.bar(x, y - 16, width - 2, 21, drawing.COLORS["line"]))
        parts.append(drawing.text(x + 2, y, piece.replace(" ", "␣")))
        x += width
    title = f"The text in {len(pieces)} pieces"
    heading = drawing.text(180, 16, title, anchor="middle")
    return drawing.picture(title, 360, int(y) + 16, [heading, *parts])
