"""The translator's attention: a trained Transformer, and where it looks for each French word."""

from typing import Any

import ipywidgets
import traitlets

from course.translation.translator import Translation
from course.widgets._assets import module, style
from course.widgets.controls import check_range, head_menu, layer_menu
from course.widgets.panel import Panel
from course.widgets.still import alignment_arcs
from course.widgets.translator import TranslatorView, sentence_menu, trained, traits_of

LAYER = "decoder.{}.cross_attention"


class TranslatorAttentionView(TranslatorView):
    """Two columns of words with arcs between them, and the map of all weights."""

    _esm = module("translator_attention.js")
    _css = style("words.css", "translator_attention.css")
    example: traitlets.List[Any] = traitlets.List().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)


def translator_attention(step: int = 2, layer: int = 2, head: int = 0) -> Panel:
    """The trained translator at work: pick or reorder a sentence, step through the French words.

    `step` counts the French words from 1, `layer` the decoder's layers from 1; `head` 0 is the
    average of all heads. Raises ValueError when there is no such layer or head.
    """
    translator, model = trained()
    traits = traits_of(translator, model)
    layers, heads = traits["shape"]["layers"], traits["shape"]["heads"]
    first = translator.translate(traits["sentences"][:1])[0]
    steps = len(first.target)
    check_range("layer", layer, 1, layers)
    check_range("head", head, 0, heads)
    check_range("step", step, 1, steps)
    view = TranslatorAttentionView(
        **traits,
        example=written(first),
        sentence=0,
        step=step,
        steps=steps,
        layer=layer - 1,
        head=head,
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
        [choice, steps_slider, layer_choice, head_choice],
        view,
        still=still(first, step, layer, head),
        call=f"translator_attention({step=}, {layer=}, {head=})",
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


def still(translation: Translation, step: int, layer: int, head: int) -> str:
    """The arcs of one French word, as they stand before anything is moved."""
    maps = translation.weights[LAYER.format(layer - 1)]
    weights = maps.mean(dim=0) if head == 0 else maps[head - 1]
    return alignment_arcs(
        f"Where the translator looks while it writes “{translation.target[step - 1]}”",
        translation.source,
        translation.target,
        weights[step - 1].tolist(),
        step - 1,
    )
