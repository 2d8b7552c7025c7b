"""The translator's attention: a trained Transformer, and where it looks for each French word."""

from typing import Any

import ipywidgets
import traitlets
from torch import nn

from attnlib.models.transformer import Transformer
from course.data.vocabulary import BOS, EOS
from course.translation import pretrained
from course.translation.translator import Translation
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import alignment_arcs

CHECKPOINT = "translation_transformer"
LAYER = "decoder.{}.cross"
SENTENCES = (  # all held out
    "the cat sat on the mat",
    "the black cat sat on the mat",
    "the cat did not sit on the mat",
    "the old queen went to the castle",
    "the cake that he bought was delicious",
    "my tired neighbors did not return to the old hotel",
    "the animal did not cross the street because it was too tired",
    "the animal did not cross the street because it was too wide",
)


class TranslatorAttentionView(View):
    """Two columns of words with arcs between them, and the map of all weights."""

    _esm = module("translator_attention.js")
    _css = style("words.css", "translator_attention.css")
    sentences: traitlets.List[Any] = traitlets.List().tag(sync=True)
    source_words: traitlets.List[Any] = traitlets.List().tag(sync=True)
    target_words: traitlets.List[Any] = traitlets.List().tag(sync=True)
    specials: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    shape: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    weights = traitlets.Unicode().tag(sync=True)
    example: traitlets.List[Any] = traitlets.List().tag(sync=True)
    sentence = traitlets.Int().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)


def translator_attention(step: int = 2, layer: int = 2, head: int = 0) -> Panel:
    """The trained translator at work: pick or reorder a sentence, step through the French words.

    `step` counts the French words from 1, `layer` the decoder's layers from 1; `head` 0 is the
    average of all heads. Raises ValueError when there is no such layer or head.
    """
    translator = pretrained.load(CHECKPOINT)
    model = translator.model
    if not isinstance(model, Transformer):
        raise TypeError(f"{CHECKPOINT} must hold a Transformer, got {type(model).__name__}")
    sentences = [sentence.split() for sentence in SENTENCES]
    first = translator.translate(sentences[:1])[0]
    steps, layers, heads = (
        len(first.target),
        len(first.weights),
        len(first.weights[LAYER.format(0)]),
    )
    if not 1 <= layer <= layers:
        raise ValueError(f"layer must lie between 1 and {layers}, got {layer}")
    if not 0 <= head <= heads:
        raise ValueError(f"head must lie between 0 and {heads}, got {head}")
    if not 1 <= step <= steps:
        raise ValueError(f"step must lie between 1 and {steps}, got {step}")

    view = TranslatorAttentionView(
        sentences=sentences,
        source_words=list(translator.source_vocabulary.words),
        target_words=list(translator.target_vocabulary.words),
        specials={"bos": BOS, "eos": EOS},
        shape={
            "heads": heads,
            "layers": layers,
            "preNorm": isinstance(model.decoder_norm, nn.LayerNorm),
        },
        weights=CHECKPOINT,
        example=written(first),
        sentence=0,
        step=step,
        steps=steps,
        layer=layer - 1,
        head=head,
    )
    choice = ipywidgets.Dropdown(options=list(SENTENCES), index=0, description="sentence")
    steps_slider = ipywidgets.IntSlider(min=1, max=steps, value=step, description="French word")
    layer_choice = ipywidgets.Dropdown(
        options=[f"layer {number}" for number in range(1, layers + 1)],
        index=layer - 1,
        description="decoder layer",
    )
    head_choice = ipywidgets.Dropdown(
        options=["average of all", *(f"head {number}" for number in range(1, heads + 1))],
        index=head,
        description="head",
    )
    ipywidgets.jslink((choice, "index"), (view, "sentence"))
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
