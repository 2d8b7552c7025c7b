"""Translate: a reader's own sentence through the trained translator, word by word, in the page."""

from typing import Any

import ipywidgets
import torch
import traitlets

from attnlib.inspect.recording import record_attention
from attnlib.models.transformer import Transformer
from course.data.translation import tokenize_source
from course.translation.translator import Translator
from course.widgets._assets import module, style
from course.widgets._translator_attention import LAYER, still
from course.widgets.controls import check_head, check_range, head_line, head_menu, layer_menu
from course.widgets.panel import Panel
from course.widgets.translator import (
    SENTENCES,
    TranslatorView,
    in_the_page,
    sentence_menu,
    traits_of,
)

SEARCHES = ("greedy", "beam of 4")
SCOPES = ("this word", "every word", "everywhere")
TOP = 4  # words that might have come
END = "end"  # what <eos> is called


class TranslateView(TranslatorView):
    """The sentence and its translation, shaded by where one word looks; weights to be changed."""

    _esm = module("translate.js")
    _css = style("translate.css")
    example: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    search = traitlets.Int().tag(sync=True)
    scope = traitlets.Int().tag(sync=True)
    word = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    edits: traitlets.List[Any] = traitlets.List().tag(sync=True)
    off: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)


def translate(
    text: str | None = None,
    *,
    sentence: int = 0,
    word: int = 1,
    layer: int = 1,
    head: int | None = None,
) -> Panel:
    """Type an English sentence, watch its French come, and change what the translator looks at.

    Without a `text` it starts with the prepared one of place `sentence`. `word` is the French word
    first looked at, from 0; the English ones are −1, −2, … `layer` and `head` count from 0; without
    a head it is the average of all. `panel.view.edits` and `panel.view.off` hold the weights and
    heads that a reader has changed. Raises ValueError for words the translator does not know and
    for what is not there.
    """
    translator, model = in_the_page()
    traits = traits_of(translator, model)
    check_range("sentence", sentence, 0, len(SENTENCES) - 1)
    text = SENTENCES[sentence] if text is None else text
    layers, heads = traits["shape"]["layers"], traits["shape"]["heads"]
    check_range("layer", layer, 0, layers - 1)
    check_head(head, heads)
    example = written(translator, model, tokenize_source(text))
    check_range("word", word, -len(example["source"]), len(example["steps"]) - 1)
    view = TranslateView(
        **traits,
        example=example,
        sentence=sentence,
        text=text,
        word=word,
        layer=layer,
        head=head_line(head),
        edits=[],
        off={},
    )
    field = ipywidgets.Text(value=text, description="or your own")
    menu = sentence_menu(view)
    search = ipywidgets.ToggleButtons(options=SEARCHES, description="search")
    scope = ipywidgets.ToggleButtons(options=SCOPES, description="a changed weight holds for")
    layer_choice, head_choice = layer_menu(layers, layer), head_menu(heads, head)
    ipywidgets.jslink((field, "value"), (view, "text"))
    for control, trait in (
        (search, "search"),
        (layer_choice, "layer"),
        (head_choice, "head"),
        (scope, "scope"),
    ):
        ipywidgets.jslink((control, "index"), (view, trait))
    return Panel(
        [menu, field],
        view,
        more=[search, layer_choice, head_choice, scope],
        still=still(
            translator.translate([tokenize_source(text)])[0],
            min(max(word, 0) + 1, len(example["steps"]) - 1),
            layer,
            head,
        ),
        call=f"translate({text!r}, {sentence=}, {word=}, {layer=}, {head=})",
    )


@torch.no_grad()
def written(translator: Translator, model: Transformer, source: tuple[str, ...]) -> dict[str, Any]:
    """What the view makes of a sentence itself, once the model is there."""
    (words,) = translator.greedy([source])
    batch = translator.batch([source], [words])
    with record_attention(model) as maps:
        chances = model(batch.source, None, batch.target[:, :-1])[0].softmax(dim=-1)
    names = [*translator.target_vocabulary.words]
    names[batch.target[0, -1]] = END
    cross = rows_of(maps, LAYER, len(model.decoder))
    past = rows_of(maps, "decoder.{}.self_attention", len(model.decoder))
    encoder = rows_of(maps, "encoder.{}.self_attention", len(model.encoder))
    best = chances.topk(TOP)
    steps = [
        {
            "word": word,
            "top": [[names[number], round(p, 4)] for number, p in zip(numbers, ps, strict=True)],
            "self": [[head[: place + 1] for head in layer[place]] for layer in past],
            "cross": [layer[place] for layer in cross],
        }
        for place, (word, numbers, ps) in enumerate(
            zip([*words, END], best.indices.tolist(), best.values.tolist(), strict=True)
        )
    ]
    return {"source": list(source), "steps": steps, "encoder": encoder, "beam": None}


def rows_of(maps: Any, name: str, layers: int) -> list[Any]:
    """Weights as [layer][row][head][key], rounded to what a reader sees."""
    return [
        [
            [[round(weight, 4) for weight in head] for head in row]
            for row in maps[name.format(layer)].weights[0].transpose(0, 1).tolist()
        ]
        for layer in range(layers)
    ]
