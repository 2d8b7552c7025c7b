"""BERT's heads: where a real pretrained model looks, on sentences of the reader's choice.

The model's 45 million bytes stay where they are: its weights for each sentence are computed here,
rounded to a byte each, and are all the page gets.
"""

import base64
from functools import cache
from typing import Any

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib.inspect.recording import record_attention
from attnlib.models import hub
from course.data.wordpiece import WordPiece
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import alignment_arcs

MODEL = "minilm"
SENTENCES = (
    "The cat sat on the mat.",
    "The animal didn't cross the street because it was too tired.",
    "The animal didn't cross the street because it was too wide.",
    "He sat on the bank of the river.",
    "She took money from the bank.",
    "The dog barked, and the cat ran away.",
    "Anna gave Tom her red bike.",
    "Unbelievable penguins waddled home.",
)


class BertHeadsView(View):
    """A grid of small maps, the chosen one large, and the arcs of the chosen word."""

    _esm = module("bert_heads.js")
    _css = style("words.css", "bert_heads.css")
    sentences: traitlets.List[Any] = traitlets.List().tag(sync=True)
    weights: traitlets.List[Any] = traitlets.List().tag(sync=True)
    sentence = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    word = traitlets.Int().tag(sync=True)


def bert_heads(sentence: int = 0, layer: int = 0, head: int = 2, word: int = 2) -> Panel:
    """All heads of all-MiniLM-L6-v2 on a sentence; choose a head, then a word.

    All are counted from 0, the words from [CLS]. Raises ValueError when there is no such one.
    """
    check_range("sentence", sentence, 0, len(SENTENCES) - 1)
    words, maps = read(SENTENCES[sentence])
    check_range("layer", layer, 0, maps.shape[0] - 1)
    check_range("head", head, 0, maps.shape[1] - 1)
    check_range("word", word, 0, len(words) - 1)
    everything = [read(text) for text in SENTENCES]
    view = BertHeadsView(
        sentences=[words for words, _ in everything],
        weights=[packed(maps) for _, maps in everything],
        sentence=sentence,
        layer=layer,
        head=head,
        word=word,
    )
    choice = ipywidgets.Dropdown(options=list(SENTENCES), index=sentence, description="sentence")
    ipywidgets.jslink((choice, "index"), (view, "sentence"))
    return Panel(
        [choice],
        view,
        still=alignment_arcs(
            f"Where “{words[word]}” looks in layer {layer}, head {head}",
            words,
            words,
            maps[layer, head, word].tolist(),
            word,
        ),
        call=f"bert_heads({sentence=}, {layer=}, {head=}, {word=})",
    )


@cache
def read(text: str) -> tuple[list[str], Float[Tensor, "N H T T"]]:
    """The pieces of a text, and every head's weights when the model reads it."""
    model, wordpiece = _reader()
    tokens, _ = wordpiece.batch([text])
    with record_attention(model) as maps, torch.no_grad():
        model(tokens)
    layers = [seen.weights[0] for seen in maps.values()]
    return wordpiece.decode(tokens[0].tolist()), torch.stack(layers)


@cache
def _reader() -> tuple[torch.nn.Module, WordPiece]:
    return hub.load(MODEL), WordPiece.from_file(hub.folder_of(MODEL) / "vocab.txt")


def packed(weights: Float[Tensor, "N H T T"]) -> str:
    """A byte each, 255 for 1, as base64."""
    numbers = (255 * weights).round().to(torch.uint8)
    return base64.b64encode(numbers.numpy().tobytes()).decode()
