"""Translators trained on short sentences, one per position scheme: --scheme rotary"""

from typing import Any

import torch

from attnlib.models.position_schemes import SCHEMES
from attnlib.models.transformer import Transformer
from course.data.batches import LengthBatches
from course.data.translation import Corpus, Pair, load
from course.training import Job, Recipe, Task
from course.translation.evaluation import exact_match
from course.translation.train_translation import BATCH
from course.translation.translator import Translator

LONGEST = 8  # source words in training; the corpus has test sentences of three times that
SIZES: dict[str, Any] = {"size": 64, "heads": 4, "layers": 2, "hidden": 128, "dropout_p": 0.1}
RECIPE = Recipe(steps=5000, learning_rate=2e-3)
VALIDATED = 200  # short sentences translated at each validation


def prepare(scheme: str, recipe: Recipe, corpus: Corpus | None = None) -> Job:
    """The checkpoint `positions_<scheme>`; all but the scheme is the same for each.

    Raises ValueError for an unknown scheme.
    """
    corpus = load() if corpus is None else corpus
    torch.manual_seed(recipe.seed)
    words = corpus.source_vocabulary, corpus.target_vocabulary
    model = Transformer(len(words[0]), len(words[1]), positions=scheme, **SIZES)
    translator = Translator(model, *words)
    batches = LengthBatches(short(corpus.train), size=int(BATCH["batch_size"]), seed=recipe.seed)
    some = short(corpus.valid)[:VALIDATED]
    return Job(
        name=f"positions_{scheme}",
        model=model,
        recipe=recipe,
        loss=lambda step: translator.loss(batches[step], label_smoothing=BATCH["label_smoothing"]),
        batch=BATCH,
        details={"scheme": scheme, "sizes": SIZES, "longest_source": LONGEST},
        validate=lambda: (
            f"exact on short validation sentences: {exact_match(translator, some):.1%}"
        ),
    )


def short(pairs: list[Pair]) -> list[Pair]:
    """Those of at most LONGEST source words."""
    return [pair for pair in pairs if len(pair.source) <= LONGEST]


TASK = Task("scheme", dict.fromkeys(SCHEMES, RECIPE), prepare)
