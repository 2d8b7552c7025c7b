"""The translator's attention: a trained Transformer, and where it looks for each French word."""

from typing import Any

import ipywidgets
import traitlets

from course.translation.translator import Translation
from course.widgets._assets import module, style
from course.widgets.controls import check_head, check_range, head_line, head_menu, layer_menu
from course.widgets.panel import Panel
from course.widgets.still import alignment_arcs
from course.widgets.translator import (
    SENTENCES,
    TranslatorView,
    in_the_page,
    sentence_menu,
    traits_of,
)

LAYER = "decoder.{}.cross_attention"


class TranslatorAttentionView(TranslatorView):
    """Two columns of words with arcs between them, and the map of all weights."""

    _esm = module("translator_attention.js")
    _css = style("words.css", "translator_attention.css")
    example: traitlets.List[Any] = traitlets.List().tag(sync=True)
    order: traitlets.List[int] = traitlets.List().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)


def translator_attention(
    step: int = 1, layer: int = 1, head: int | None = None, sentence: int = 0
) -> Panel:
    """The trained translator at work: pick or reorder a sentence, step through the French words.

    `sentence` counts the prepared sentences from 0, `layer` and `head` the decoder's layers and
    their heads; without a head it is the average of all. `step` counts the French words from 1.
    Raises ValueError for what is not there.
    """
    translator, model = in_the_page()
    traits = traits_of(translator, model)
    layers, heads = traits["shape"]["layers"], traits["shape"]["heads"]
    check_range("sentence", sentence, 0, len(SENTENCES) - 1)
    first = translator.translate([traits["sentences"][sentence]])[0]
    steps = len(first.target)
    check_range("layer", layer, 0, layers - 1)
    check_head(head, heads)
    check_range("step", step, 1, steps)
    view = TranslatorAttentionView(
        **traits,
        example=written(first),
        sentence=sentence,
        step=step,
        steps=steps,
        layer=layer,
        head=head_line(head),
    )
    choice = sentence_menu(view)
    steps_slider = ipywidgets.IntSlider(min=1, max=steps, value=step, description="French word")
    layer_choice = layer_menu(layers, layer, "decoder layer")
    head_choice = head_menu(heads, head)
    ipywidgets.jslink((view, "steps"), (steps_slider, "max"))
    ipywidgets.jslink((steps_slider, "value"), (view, "step"))
    ipywidgets.jslink((layer_choice, "index"), (view, "layer"))
    ipywidgets.jslink((head_choice, "index"), (view, "head"))
    return Panel(
        [choice, steps_slider],
        view,
        more=[layer_choice, head_choice],
        still=still(first, step, layer, head),
        call=f"translator_attention({step=}, {layer=}, {head=}, {sentence=})",
    )


def written(translation: Translation) -> list[dict[str, object]]:
    """Each word with its weights by layer and head, as the view holds what it has translated."""
    layers = [weights.transpose(0, 1).tolist() for weights in translation.weights.values()]
    rounded = [
        [[[round(weight, 4) for weight in head] for head in word] for word in layer]
        for layer in layers
    ]
    return [
        {"word": word, "cross": [layer[place] for layer in rounded]}
        for place, word in enumerate(translation.target)
    ]


def still(translation: Translation, step: int, layer: int, head: int | None) -> str:
    """The arcs of one French word, as they stand before anything is moved."""
    maps = translation.weights[LAYER.format(layer)]
    weights = maps.mean(dim=0) if head is None else maps[head]
    return alignment_arcs(
        f"Where the translator looks while it writes “{translation.target[step - 1]}”",
        translation.source,
        translation.target,
        weights[step - 1].tolist(),
        step - 1,
    )
