"""Heads on and off: the trained translator writes while some of its heads are silent."""

from typing import Any

import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib.inspect.ablation import head_counts
from course.translation.translator import Translation
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel
from course.widgets.still import COLORS, picture, text
from course.widgets.translator import (
    SENTENCES,
    TranslatorView,
    in_the_page,
    sentence_menu,
    traits_of,
)

LAST = "decoder.1.cross_attention"


class HeadsOnOffView(TranslatorView):
    """A button with a small map for each head, and what is written without those switched off."""

    _esm = module("heads_on_off.js")
    _css = style("words.css", "heads_on_off.css")
    intact: traitlets.List[Any] = traitlets.List().tag(sync=True)
    layers: traitlets.List[Any] = traitlets.List().tag(sync=True)
    off: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    enlarged: traitlets.List[Any] = traitlets.List().tag(sync=True)


def heads_on_off(sentence: int = 0) -> Panel:
    """Switch any of the translator's heads off and on again, and read what it then writes.

    `sentence` is the place of the first one shown in SENTENCES. `panel.view.off` holds the
    heads that are off, as `attnlib.inspect.heads_off` takes them. Raises ValueError for another
    place.
    """
    check_range("sentence", sentence, 0, len(SENTENCES) - 1)
    translator, model = in_the_page()
    traits = traits_of(translator, model)
    translations = translator.translate(traits["sentences"])
    view = HeadsOnOffView(
        **traits,
        intact=[list(translation.target) for translation in translations],
        layers=list(head_counts(model)),
        sentence=sentence,
        off={},
        enlarged=[LAST, 0],
    )
    return Panel(
        [sentence_menu(view)],
        view,
        still=still(translations[sentence]),
        call=f"heads_on_off({sentence=})",
    )


def still(translation: Translation) -> str:
    """The maps of the last layer's heads, as they stand before anything is switched off."""
    maps = translation.weights[LAST]
    rows, columns = len(translation.target), len(translation.source)
    cell, left, top = 15, 62, 76
    width = cell * columns + 12
    parts = [text(8, 16, f"“{translation}”: the last layer’s heads")]
    parts += [
        text(left - 8, top + cell * (row + 0.75), word, COLORS["query"], "end")
        for row, word in enumerate(translation.target)
    ]
    for head, weights in enumerate(maps):
        x = left + head * width
        parts.append(text(x, 38, f"head {head}"))
        parts += [
            f'<g transform="translate({x + cell * (column + 0.7):.0f} {top - 4}) rotate(-50)">'
            f"{text(0, 0, word, COLORS['key'])}</g>"
            for column, word in enumerate(translation.source)
            if head == 0
        ]
        parts.append(squares(weights, x, top, cell))
    return picture(
        "The four heads of the last layer that looks at the English words",
        left + len(maps) * width,
        top + rows * cell + 8,
        parts,
    )


def squares(weights: Float[Tensor, "T S"], x: float, y: float, cell: float) -> str:
    """A square for each weight worth seeing, as dark as it is large, in a frame."""
    rows, columns = weights.shape
    frame = (
        f'<rect x="{x}" y="{y}" width="{cell * columns}" height="{cell * rows}" '
        f'style="fill:none;stroke:{COLORS["line"]}"/>'
    )
    return frame + "".join(
        f'<rect x="{x + cell * column:.0f}" y="{y + cell * row:.0f}" width="{cell}" '
        f'height="{cell}" style="fill:{COLORS["weight"]};opacity:{weights[row, column]:.2f}"/>'
        for row in range(rows)
        for column in range(columns)
        if weights[row, column] > 0.05
    )
