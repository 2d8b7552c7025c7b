"""The beam: which beginnings of a translation are kept, step by step, and which are dropped."""

from functools import cache
from typing import Any

import ipywidgets
import torch
import traitlets

from course.data import translation
from course.data.vocabulary import EOS
from course.translation.beam import extend
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import weight_bars
from course.widgets.translator import trained

WIDEST = 4
KEPT = 5  # likeliest next words of a beginning: no beam of 4 can need a fifth
SENTENCES = (  # both held out; greedy search gets the second wrong
    "the old queen went to the castle",
    "she was too young and our",
)


class BeamView(View):
    """The beginnings of a step with their log P as bars, those that survive and those dropped."""

    _esm = module("beam_steps.js")
    _css = style("beam_steps.css")
    tables: traitlets.List[Any] = traitlets.List().tag(sync=True)
    sentence = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)


def beam(sentence: int = 0, width: int = 2, step: int = 1) -> Panel:
    """The translator's beam search, step by step, for widths from 1, which is greedy, to 4.

    `sentence` counts from 0, `width` and `step` from 1. Raises ValueError for what is not there.
    """
    check_range("sentence", sentence, 0, len(SENTENCES) - 1)
    check_range("width", width, 1, WIDEST)
    tables = [table(place) for place in range(len(SENTENCES))]
    steps = tables[sentence]["steps"]
    check_range("step", step, 1, steps)
    view = BeamView(tables=tables, sentence=sentence, width=width, step=step, steps=steps)
    choice = ipywidgets.Dropdown(
        options=[one["name"] for one in tables], index=sentence, description="sentence"
    )
    widths = ipywidgets.IntSlider(min=1, max=WIDEST, value=width, description="width")
    steps_slider = ipywidgets.IntSlider(min=1, max=steps, value=step, description="step")
    ipywidgets.jslink((choice, "index"), (view, "sentence"))
    ipywidgets.jslink((widths, "value"), (view, "width"))
    ipywidgets.jslink((view, "steps"), (steps_slider, "max"))
    ipywidgets.jslink((steps_slider, "value"), (view, "step"))
    first = tables[sentence]["next"][""]
    return Panel(
        [choice, widths, steps_slider],
        view,
        still=weight_bars(
            "The first word, and its probability",
            [word for word, _ in first],
            [float(torch.tensor(log_p).exp()) for _, log_p in first],
        ),
        call=f"beam({sentence=}, {width=}, {step=})",
    )


@cache
def table(place: int) -> dict[str, Any]:
    """For every beginning that a beam of 1 to 4 meets: its likeliest next words, with log p."""
    translator, model = trained()
    english = sentence_of(place)
    source, _, start = translator.batch([english])
    found: dict[str, list[list[Any]]] = {}
    deepest = 0
    with torch.no_grad():
        encoded, _ = model.encode(source)
        for width in range(1, WIDEST + 1):
            rows, log_p, ended, step = start[:, :1], encoded.new_zeros(1), 0, 0
            while len(rows):
                step += 1
                states = (encoded.expand(len(rows), -1, -1), None)
                following = model.decode(rows, states)[:, -1].log_softmax(dim=-1)
                for row, best in zip(rows.tolist(), following, strict=True):
                    beginning = " ".join(translator.target_vocabulary.decode(row[1:]))
                    found.setdefault(beginning, likeliest(best))
                rows, log_p = extend(rows, log_p[:, None] + following, width - ended)
                alive = rows[:, -1] != EOS
                ended += int((~alive).sum())
                rows, log_p = rows[alive], log_p[alive]
            deepest = max(deepest, step)
    words = translator.target_vocabulary.words
    chances = {key: [[words[n], p] for n, p in best] for key, best in found.items()}
    name = " ".join(english) if len(english) < 10 else " ".join(english[:8]) + " …"
    return {"name": name, "english": " ".join(english), "next": chances, "steps": deepest}


def likeliest(log_p: torch.Tensor) -> list[list[Any]]:
    best = log_p.topk(KEPT)
    return [
        [number, round(p, 5)]
        for number, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    ]


def sentence_of(place: int) -> tuple[str, ...]:
    """The words of a sentence, the long one found by its beginning."""
    start = tuple(SENTENCES[place].split())
    longer = [pair.source for pair in translation.load().longer]
    return next((words for words in longer if words[: len(start)] == start), start)
