"""The block, step by step: what a word's vector becomes in each layer of the translator."""

from base64 import b64encode
from typing import Any

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from course.translation import pretrained
from course.widgets._assets import module, style
from course.widgets.block_steps import Place, Strip, record
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, line, picture, text

CHECKPOINT = "translation_transformer"
SENTENCE = "the cat sat on the mat"
LARGEST_CODE = 127  # vectors travel as signed bytes, each with a scale of its own
TALLEST = 4.0  # a number of ±4 fills its half of a strip


class TransformerBlockView(View):
    """The words as buttons; below them the steps so far, the newest on top, as strips of bars."""

    _esm = module("transformer_block.js")
    _css = style("transformer_block.css")
    places: traitlets.List[Any] = traitlets.List().tag(sync=True)
    place = traitlets.Int().tag(sync=True)
    word = traitlets.Int().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)


def transformer_block(layer: int = 0, word: int = 2, step: int = 3) -> Panel:
    """One word's way through a layer, recorded while the translator turned SENTENCE into French.

    `layer` counts the encoder's layers, then the decoder's, from 0; `word` and `step` count from 1.
    Raises ValueError when there is no such layer, word or step.
    """
    places = record(pretrained.load(CHECKPOINT), SENTENCE.split())
    check_range("layer", layer, 0, len(places) - 1)
    now = places[layer]
    check_range("word", word, 1, len(now.words))
    check_range("step", step, 1, len(now.steps))
    view = TransformerBlockView(
        places=[packed(place) for place in places],
        place=layer,
        word=word - 1,
        step=step,
        steps=len(now.steps),
    )
    layers = ipywidgets.Dropdown(
        options=[place.name for place in places], index=layer, description="layer"
    )
    slider = ipywidgets.IntSlider(min=1, max=len(now.steps), value=step, description="step")
    ipywidgets.jslink((layers, "index"), (view, "place"))
    ipywidgets.jslink((view, "steps"), (slider, "max"))
    ipywidgets.jslink((slider, "value"), (view, "step"))
    return Panel(
        [layers, slider],
        view,
        still=still(now, word - 1),
        call=f"transformer_block({layer=}, {word=}, {step=})",
    )


def packed(place: Place) -> dict[str, Any]:
    """What the view gets of a layer: bytes for vectors, three digits for weights."""
    return {
        "name": place.name,
        "words": place.words,
        "steps": [
            {
                "title": step.title,
                "says": step.says,
                "rail": step.rail,
                "strips": [packed_strip(strip) for strip in step.strips],
                "weights": [] if step.weights is None else rounded(step.weights),
                "columns": step.columns,
            }
            for step in place.steps
        ],
    }


def packed_strip(strip: Strip) -> dict[str, Any]:
    """A vector per word: its norm, and its numbers as signed bytes of `scale` times 127."""
    scales = strip.vectors.abs().amax(dim=1) / LARGEST_CODE  # (T,)
    codes = (strip.vectors / scales[:, None]).round().to(torch.int8)
    return {
        "name": strip.name,
        "role": strip.role,
        "norms": [round(norm, 2) for norm in strip.vectors.norm(dim=1).tolist()],
        "scales": [float(f"{scale:.4g}") for scale in scales.tolist()],
        "codes": [b64encode(bytes(row.view(torch.uint8).tolist())).decode() for row in codes],
    }


def rounded(weights: Float[Tensor, "H T S"]) -> list[list[list[float | None]]]:
    """By word, then by head. A weight that a mask made 0 is None."""
    by_word = weights.transpose(0, 1).tolist()
    return [[[round(w, 3) if w else None for w in head] for head in word] for word in by_word]


def still(place: Place, word: int) -> str:
    """All strips of one word, the first step at the top."""
    parts, y = [text(8, 16, f"“{place.words[word]}”, {place.name}")], 28
    for step in place.steps:
        for strip in step.strips:
            parts += strip_row(strip, word, y)
            y += 26
    title = f"What the vector of “{place.words[word]}” becomes in the {place.name}"
    return picture(title, 360, y + 6, parts)


def strip_row(strip: Strip, word: int, y: float) -> list[str]:
    """Name, bars about a middle line, and the norm."""
    vector = strip.vectors[word]
    color = COLORS.get(strip.role, COLORS["muted"])
    left, width, half = 96, 212, 11
    across, middle = width / len(vector), y + 12
    heights = (vector.clamp(-TALLEST, TALLEST) * half / TALLEST).tolist()
    bars = "".join(
        f"M{left + (i + 0.5) * across:.1f} {middle:.0f}v{-height:.1f}"
        for i, height in enumerate(heights)
    )
    return [
        text(8, y + 16, strip.name, color),
        line(left, middle, left + width, middle, COLORS["line"]),
        f'<path d="{bars}" style="stroke:{color};stroke-width:{0.8 * across:.1f}"/>',
        text(352, y + 16, f"{vector.norm():.1f}", anchor="end"),
    ]
