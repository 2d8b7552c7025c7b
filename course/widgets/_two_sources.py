"""One equation, two sources: English asks English, or French asks English; the order is free."""

from typing import Any

import ipywidgets
import torch
import traitlets

from attnlib import Attended, attention, masks
from attnlib.inspect.recording import record_attention
from course.translation import pretrained
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

SENTENCE = "the cat sat on the mat"
LAYERS = {
    "self": ("encoder.1.self_attention", 2),
    "cross": ("decoder.1.cross_attention", 1),
}  # and one clear head


class TwoSourcesView(View):
    """English words to move about, the map of weights, and a strip of numbers an output."""

    _esm = module("two_sources.js")
    _css = style("two_sources.css")
    english: traitlets.List[str] = traitlets.List().tag(sync=True)
    french: traitlets.List[str] = traitlets.List().tag(sync=True)
    vectors: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    order: traitlets.List[int] = traitlets.List().tag(sync=True)
    source = traitlets.Int().tag(sync=True)
    causal = traitlets.Bool().tag(sync=True)
    fixed = traitlets.Bool().tag(sync=True)
    causal_display = traitlets.Unicode().tag(sync=True)  # of the mask that only self-attention has


def two_sources(cross: bool = False, causal: bool = False, fixed: bool = False) -> Panel:
    """Self- and cross-attention of the trained translator, its words in any order.

    Self: English asks English, in layer 1 of the encoder. Cross: French asks English, in layer 1 of
    the decoder, counted from 0. One head each, with the translator's own queries, keys and values.

    `fixed`: the words stay where they are, under no mask; only who asks may be changed.
    Raises ValueError for a causal mask that could not be taken off again.
    """
    if fixed and causal:
        raise ValueError("what is fixed has no causal mask, got fixed=True and causal=True")
    english, french, seen = recorded()
    view = TwoSourcesView(
        english=english,
        french=french,
        vectors={kind: rounded(attended) for kind, attended in seen.items()},
        order=list(range(len(english))),
        source=int(cross),
        causal=causal,
        fixed=fixed,
        causal_display="none" if cross else "",
    )
    sources = ipywidgets.ToggleButtons(
        options=["English asks English (self)", "French asks English (cross)"],
        index=int(cross),
        description="who asks",
    )
    ipywidgets.jslink((sources, "index"), (view, "source"))
    kind = "cross" if cross else "self"
    weights = look(view.vectors[kind], causal=causal and not cross).weights[0, 0]
    return Panel(
        [sources] if fixed else [sources, _mask_of(view)],
        view,
        still=still(french if cross else english, english, weights.tolist()),
        call=f"two_sources({cross=}, {causal=}, {fixed=})",
    )


def _mask_of(view: TwoSourcesView) -> ipywidgets.Checkbox:
    no_future = ipywidgets.Checkbox(value=view.causal, description="causal mask", indent=False)
    ipywidgets.jslink((no_future, "value"), (view, "causal"))
    ipywidgets.jsdlink((view, "causal_display"), (no_future.layout, "display"))
    return no_future


def recorded() -> tuple[list[str], list[str], dict[str, Attended]]:
    """The words, and what one head of each of the two layers computed for them."""
    translator = pretrained.load("translation_transformer")
    translation = translator(SENTENCE)
    source, lengths, target = translator.batch([translation.source], [translation.target])
    with record_attention(translator.model) as maps, torch.no_grad():
        translator.model(source, lengths, target[:, :-2])
    one_head = {}
    for kind, (layer, head) in LAYERS.items():
        seen = maps[layer]
        some = slice(head, head + 1)
        one_head[kind] = attention(seen.query[:, some], seen.key[:, some], seen.value[:, some])
    return list(translation.source), list(translation.target), one_head


def rounded(seen: Attended) -> dict[str, list[list[float]]]:
    """Query, key and value with three decimals, as the view keeps them."""
    tensors = {"query": seen.query, "key": seen.key, "value": seen.value}
    return {
        name: [[round(number, 3) for number in row] for row in tensor[0, 0].tolist()]
        for name, tensor in tensors.items()
    }


def look(vectors: dict[str, list[list[float]]], *, causal: bool) -> Attended:
    """What the view computes in JavaScript."""
    query, key, value = (
        torch.tensor(vectors[name], dtype=torch.float64)[None, None]
        for name in ("query", "key", "value")
    )
    return attention(query, key, value, mask=masks.Causal() if causal else None)


def still(rows: list[str], columns: list[str], weights: list[list[float]]) -> str:
    """The map as it stands before anything is moved."""
    left, top, step = 90, 44, 26
    parts = [text(180, 16, "Who looks at whom: a row asks", anchor="middle")]
    for place, word in enumerate(columns):
        parts.append(text(left + 40 * place + 18, 36, word, COLORS["key"], "middle"))
    for row, (word, line) in enumerate(zip(rows, weights, strict=True)):
        y = top + step * row
        parts.append(text(left - 8, y + 15, word, COLORS["query"], "end"))
        for place, weight in enumerate(line):
            parts.append(bar(left + 40 * place, y, 36 * weight, 20, COLORS["weight"]))
            parts.append(text(left + 40 * place + 18, y + 15, f"{weight:.2f}", anchor="middle"))
    return picture("Weights of one head", 360, top + step * len(rows) + 8, parts)
