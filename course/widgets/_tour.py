"""The tour: one sentence through the whole translator, step by step, down to every number."""

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel
from course.widgets.still import COLORS, line, picture, text
from course.widgets.translator import (
    SENTENCES,
    TranslatorView,
    in_the_page,
    sentence_menu,
    traits_of,
)

STEPS = 15  # of STEPS in static/tour_steps.js
NUMBER = 7  # one that the feed-forward network does not set to 0 for “cat”


class TourView(TranslatorView):
    """A map of the translator, and what happens at one place of it."""

    _esm = module("tour.js")
    _css = style("tour.css")
    step = traitlets.Int().tag(sync=True)
    word = traitlets.Int().tag(sync=True)
    key = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)
    past = traitlets.Int().tag(sync=True)
    line = traitlets.Unicode().tag(sync=True)
    number = traitlets.Int().tag(sync=True)


def tour(step: int = 1, sentence: int = 0, word: int = 1) -> Panel:
    """Follow a sentence through the trained translator, from its words to the next French one.

    `step` counts from 1, `sentence` the prepared ones and `word` the English words from 0: that is
    the one followed. Raises ValueError for what is not there.
    """
    check_range("step", step, 1, STEPS)
    check_range("sentence", sentence, 0, len(SENTENCES) - 1)
    traits = traits_of(*in_the_page())
    check_range("word", word, 0, len(traits["sentences"][sentence]) - 1)
    view = TourView(
        **traits, sentence=sentence, step=step, word=word, key=0, head=0, place=1, number=NUMBER
    )
    slider = ipywidgets.IntSlider(min=1, max=STEPS, value=step, description="step of the tour")
    ipywidgets.jslink((slider, "value"), (view, "step"))
    return Panel(
        [slider, sentence_menu(view)],
        view,
        still=still(traits["sentences"][sentence]),
        call=f"tour({step=}, {sentence=}, {word=})",
    )


def still(words: list[str]) -> str:
    """The way of the sentence, from the bottom up."""
    left = [" ".join(words), "vectors", "encoder layer 0", "encoder layer 1"]
    right = ["French words so far", "decoder layer 0", "decoder layer 1", "next word"]
    parts = []
    for x, names in ((95, left), (270, right)):
        for place, name in enumerate(names):
            y = 170 - 44 * place
            parts.append(text(x, y, name, anchor="middle"))
            if place:
                parts.append(line(x, y + 6, x, y + 28, COLORS["line"], 2))
    parts.append(line(150, 38, 215, 78, COLORS["weight"], 3))
    return picture("The way of a sentence through the translator", 360, 186, parts)
