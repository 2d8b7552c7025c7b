"""The trained translator as a view holds it: sentences, vocabularies, and where its weights are."""

from typing import Any

import ipywidgets
import traitlets
from torch import nn

from attnlib.inspect.ablation import head_counts
from attnlib.models.transformer import Transformer
from course import checkpoints
from course.data.vocabulary import BOS, EOS
from course.translation import pretrained
from course.translation.translator import Translator
from course.widgets.panel import View

CHECKPOINT = "translation_transformer"
SENTENCES = (  # all held out
    "the cat sat on the mat",
    "the young queen went to the school",
    "my young turtles are tired",
    "the cat did not sit on the mat",
    "two cats did not see a bear",
    "the animal did not cross the street because it was too tired",
    "the animal did not cross the street because it was too wide",
    "the black cat sat on the mat",
    "the old queen went to the castle",
    "the cake that he bought was delicious",
    "my tired neighbors did not return to the old hotel",
)


class TranslatorView(View):
    """A view with the translator in it. A subclass draws what it writes."""

    sentences: traitlets.List[Any] = traitlets.List().tag(sync=True)
    source_words: traitlets.List[Any] = traitlets.List().tag(sync=True)
    target_words: traitlets.List[Any] = traitlets.List().tag(sync=True)
    specials: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    shape: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    weights = traitlets.Unicode().tag(sync=True)
    sentence = traitlets.Int().tag(sync=True)


def trained() -> tuple[Translator, Transformer]:
    """The trained translator and its Transformer."""
    translator = pretrained.load(CHECKPOINT)
    model = translator.model
    if not isinstance(model, Transformer):
        raise TypeError(f"{CHECKPOINT} must hold a Transformer, got {type(model).__name__}")
    return translator, model


def in_the_page() -> tuple[Translator, Transformer]:
    """The same with weights in 8 bits, as a page loads them: with these a view computes."""
    translator, model = trained()
    checkpoints.round_to_8_bits(model)
    return translator, model


def traits_of(translator: Translator, model: Transformer) -> dict[str, Any]:
    """The traits of a TranslatorView, but for the sentence chosen."""
    return {
        "sentences": [sentence.split() for sentence in SENTENCES],
        "source_words": list(translator.source_vocabulary.words),
        "target_words": list(translator.target_vocabulary.words),
        "specials": {"bos": BOS, "eos": EOS},
        "shape": {
            "heads": head_counts(model)["decoder.0.cross_attention"],
            "layers": len(model.decoder),
            "preNorm": isinstance(model.decoder_norm, nn.LayerNorm),
        },
        "weights": CHECKPOINT,
    }


def sentence_menu(view: TranslatorView) -> ipywidgets.Dropdown:
    """A menu of the sentences, joined to the view."""
    menu = ipywidgets.Dropdown(options=list(SENTENCES), index=view.sentence, description="sentence")
    ipywidgets.jslink((menu, "index"), (view, "sentence"))
    return menu
